/** Logging in at an outside issuer, and connecting an account there with one here. */
import type { ExternalIssuer } from "../../credentials/external-issuers.ts"
import type { Answer } from "../answer.ts"
import type { Exchange } from "../exchange.ts"
import type { Mistake } from "../form.ts"
import { Refusal } from "../refusal.ts"
import { type AccountExchange, type AccountHandler, fresh, type Handler, open, own, type Route } from "../router.ts"
import { plainView } from "../views/links.ts"
import { connectionsView } from "../views/sessions.ts"

function issuerOf(x: Exchange): ExternalIssuer {
  const issuer = x.parts.credentials.external.issuers.find(({ name }) => name === x.params["issuer"])
  if (!issuer) throw new Refusal("notFound")
  return issuer
}

const refused = (x: Exchange, lead: string): Answer =>
  x.show(
    {
      ...plainView({
        icon: "alert",
        mood: "bad",
        title: x.page.t.login.outsideTitle,
        lead,
        next: { path: "/account", label: x.page.t.common.backToLogin },
      }),
      isRefusal: true,
    },
    { status: 403 },
  )

/** Another site's link must not begin this in somebody's name. */
function mustBeOwn({ incoming }: Exchange): void {
  const site = incoming.headers["sec-fetch-site"]
  if (site !== undefined && site !== "same-origin" && site !== "none") throw new Refusal("form")
}

const leave: Handler = async (x) => {
  const issuer = issuerOf(x)
  const uid = x.params["uid"] ?? ""
  const details = await x.parts.provider.interactions.details(x.incoming, x.outgoing)
  if (details?.uid !== uid) throw new Refusal("expired")
  const begun = await x.parts.credentials.external.begin(issuer.name, x.network)
  if (!begun) return refused(x, x.page.t.login.outsideRefused(issuer.label))
  x.setOutside({ issuer: issuer.name, binding: begun.binding, uid })
  return x.redirect(begun.url)
}

const connect: AccountHandler = async (x) => {
  mustBeOwn(x)
  const issuer = issuerOf(x)
  const begun = await x.parts.credentials.external.begin(issuer.name, x.network, x.loggedIn.person.id)
  if (!begun) return refused(x, x.page.t.login.outsideRefused(issuer.label))
  x.setOutside({ issuer: issuer.name, binding: begun.binding })
  return x.redirect(begun.url)
}

/** The issuer sends the browser back here. */
const back: Handler = async (x) => {
  const issuer = issuerOf(x)
  const { outside } = x
  if (outside?.issuer !== issuer.name) throw new Refusal("expired")
  x.setOutside(undefined)
  const { credentials, host } = x.parts
  const outcome = await credentials.external.finish(
    issuer.name,
    `${host.url}${x.url.pathname}${x.url.search}`,
    outside.binding,
  )
  const { t } = x.page
  if (outcome.kind === "refused") {
    if (outside.uid === undefined)
      return x.redirect(`/account/connections?said=${outcome.code === "external.taken" ? "taken" : "notConnected"}`)
    const isUnknown = outcome.code === "external.no_account"
    return refused(x, isUnknown ? t.login.outsideUnknown(issuer.label) : t.login.outsideRefused(issuer.label))
  }
  if (outside.uid === undefined) return x.redirect("/account/connections?said=connected")
  const at = host.now().toISOString()
  if (outcome.kind === "login_first") {
    x.setStep({ uid: outside.uid, methods: [], at, connect: { pending: outcome.pending, issuer: issuer.name } })
  } else {
    x.setStep({ uid: outside.uid, userId: outcome.userId, methods: ["external"], at })
  }
  return x.redirect(`/account/login/${outside.uid}`)
}

async function showConnections(x: AccountExchange, mistakes: readonly Mistake[]): Promise<Answer> {
  const { external } = x.parts.credentials
  const rows = await external.list(x.loggedIn.person.id)
  const labelOf = (issuer: string): string => external.issuers.find((one) => one.issuer === issuer)?.label ?? issuer
  const { connections: t } = x.page.t
  const said = x.url.searchParams.get("said")
  const view = connectionsView(x.page, {
    connections: rows.map(({ id, issuer, email }) => ({ id, label: labelOf(issuer), email })),
    issuers: external.issuers.filter(({ issuer }) => !rows.some((row) => row.issuer === issuer)),
    notice: said === "connected" ? t.connected : said === "disconnected" ? t.disconnected : undefined,
    mistakes,
  })
  return x.showRoom("connections", view, mistakes.length > 0 ? 422 : 200)
}

const connections: AccountHandler = async (x) => {
  const { connections: t } = x.page.t
  const said = x.url.searchParams.get("said")
  const text = said === "taken" ? t.taken : said === "last" ? t.last : said === "notConnected" ? t.failed : undefined
  return showConnections(x, text === undefined ? [] : [{ text }])
}

const disconnect: AccountHandler = async (x) => {
  const isGone = await x.parts.credentials.external.unlink(x.loggedIn.person.id, x.params["id"] ?? "")
  return x.redirect(`/account/connections?said=${isGone ? "disconnected" : "last"}`)
}

export const outsideRoutes: readonly Route[] = [
  open("/account/login/:uid/with/:issuer", { GET: leave }),
  open("/account/external/:issuer/callback", { GET: back }),
  own("/account/connections", { GET: connections }),
  fresh("/account/connections/:issuer/begin", { GET: connect }),
  fresh("/account/connections/:id/remove", { POST: disconnect }),
]
