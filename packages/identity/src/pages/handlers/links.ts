/** What mails lead to, and the forms that have them sent. Opening such an address changes nothing: a button does. */
import { systemPrincipal } from "@archipel/core"
import type { LinkedPassword } from "../../credentials/credentials.ts"
import { isEmail } from "../../credentials/email-address.ts"
import type { LinkKind } from "../../credentials/links.ts"
import type { PasswordVerdict } from "../../credentials/password-policy.ts"
import type { Answer } from "../answer.ts"
import { type Exchange, personOf } from "../exchange.ts"
import type { Mistake } from "../form.ts"
import type { Messages } from "../messages/en.ts"
import { loginAddress } from "../login-address.ts"
import { Refusal } from "../refusal.ts"
import { type Handler, open, type Route } from "../router.ts"
import { addressView, buttonLinkView, passwordLinkView, plainView, sentView } from "../views/links.ts"

/** Why a new password is not taken, in the reader's words. */
export function passwordMistake(t: Messages, password: string, verdict: PasswordVerdict): Mistake | undefined {
  if (password === "") return { field: "password", text: t.password.missing }
  if (verdict.ok) return undefined
  const { password: words } = t
  const text = {
    too_short: words.short,
    too_long: words.long,
    personal: words.personal,
    weak: words.weak[verdict.advice],
  }[verdict.code]
  return { field: "password", text }
}

const gone = (x: Exchange, again = "/account/reset"): Answer =>
  x.show(
    plainView({
      icon: "clock",
      mood: "bad",
      title: x.page.t.linkGone.title,
      lead: x.page.t.linkGone.lead,
      next: { path: again, label: again === "/account" ? x.page.t.errors.home : x.page.t.reset.again },
    }),
    { status: 410 },
  )

const MAX_NAME = 200

// -- a link is asked for

const askAddress =
  (kind: "reset" | "register"): Handler =>
  async (x) => {
    if (kind === "register" && !x.parts.credentials.registration.isOpen) return registrationOff(x)
    return x.show(addressView(x.page, { kind, mistakes: [] }))
  }

const registrationOff = (x: Exchange): Answer =>
  x.show(
    plainView({
      icon: "mail",
      title: x.page.t.register.title,
      lead: x.page.t.register.off,
      next: { path: "/account", label: x.page.t.common.backToLogin },
    }),
    { status: 404 },
  )

const sendLink =
  (kind: "reset" | "register"): Handler =>
  async (x) => {
    const { credentials } = x.parts
    if (kind === "register" && !credentials.registration.isOpen) return registrationOff(x)
    const { t, language } = x.page
    const email = (x.form.get("email") ?? "").trim()
    const wrong = email === "" ? t.login.emailMissing : isEmail(email) ? undefined : t.profile.emailWrong
    if (wrong !== undefined)
      return x.show(addressView(x.page, { kind, email, mistakes: [{ field: "email", text: wrong }] }), { status: 422 })
    const asked =
      kind === "reset"
        ? await credentials.recovery.begin(email, x.network)
        : await credentials.registration.begin({ email, locale: language }, x.network)
    if (!asked.ok) throw new Refusal("limited", asked.retryAfterSeconds)
    // After a redirect the address would have to stand in a URL.
    return x.redirect(`/account/${kind}/sent`)
  }

const sent =
  (kind: "reset" | "register"): Handler =>
  async (x) =>
    x.show(sentView(x.page, kind))

// -- a password is chosen with a link

type PasswordKind = "reset" | "invite" | "register"

async function linkOf(
  x: Exchange,
  kind: LinkKind,
): Promise<{ readonly secret: string; readonly email: string; readonly name: string } | undefined> {
  const secret = x.params["secret"] ?? ""
  const content = await x.parts.credentials.links.look(kind, secret)
  if (!content) return undefined
  const person = content.userId === null ? undefined : await personOf(x.parts, content.userId)
  return { secret, email: content.email ?? person?.email ?? "", name: person?.name ?? "" }
}

const choosePassword =
  (kind: PasswordKind): Handler =>
  async (x) => {
    const link = await linkOf(x, kind)
    if (!link) return gone(x, kind === "reset" ? "/account/reset" : "/account")
    const { email, name } = link
    return x.show(passwordLinkView(x.page, { kind, action: x.url.pathname, email, name, mistakes: [] }))
  }

async function finish(
  x: Exchange,
  kind: PasswordKind,
  secret: string,
  name: string,
  password: string,
): Promise<LinkedPassword> {
  const { recovery, invitations, registration } = x.parts.credentials
  if (kind === "reset") return recovery.finish(secret, password)
  if (kind === "invite") return invitations.accept(secret, password)
  return registration.finish(secret, { name, password })
}

const setPassword =
  (kind: PasswordKind): Handler =>
  async (x) => {
    const link = await linkOf(x, kind)
    if (!link) return gone(x, kind === "reset" ? "/account/reset" : "/account")
    const { t } = x.page
    const password = x.form.get("password") ?? ""
    const name = (x.form.get("name") ?? "").trim()
    const show = (mistakes: readonly Mistake[]): Answer =>
      x.show(passwordLinkView(x.page, { kind, action: x.url.pathname, email: link.email, name, mistakes }), {
        status: 422,
      })
    const mistakes: Mistake[] = []
    if (kind !== "reset" && name === "") mistakes.push({ field: "name", text: t.invitation.nameMissing })
    if (name.length > MAX_NAME) mistakes.push({ field: "name", text: t.profile.nameLong })
    if (password === "") mistakes.push({ field: "password", text: t.password.missing })
    if (mistakes.length > 0) return show(mistakes)
    const finished = await finish(x, kind, link.secret, name, password)
    if (!finished.ok) {
      if (finished.code === "link.invalid") return gone(x)
      const mistake = passwordMistake(t, password, finished.verdict)
      return show(mistake ? [mistake] : [])
    }
    if (kind === "invite" && name !== link.name) {
      const person = await personOf(x.parts, finished.userId)
      const db = x.parts.host.as(systemPrincipal("invitation accepted"))
      if (person) await db("identity.User").update(person.id, { name })
    }
    return x.redirect(`/account/${kind}/done`)
  }

const done =
  (kind: PasswordKind): Handler =>
  async (x) => {
    const { reset, invitation } = x.page.t
    const isReset = kind === "reset"
    return x.show(
      plainView({
        icon: "check",
        mood: "good",
        title: isReset ? reset.doneTitle : invitation.doneTitle,
        lead: isReset ? reset.done : invitation.done,
        next: { path: "/account", label: reset.goOn },
      }),
    )
  }

// -- links that a button uses

const confirm =
  (kind: "verify" | "change" | "restore" | "login"): Handler =>
  async (x) => {
    const link = await linkOf(x, kind)
    if (!link) return gone(x, "/account")
    const { t } = x.page
    const words = {
      verify: { ...t.verify, lead: t.verify.lead(link.email) },
      change: { ...t.change, lead: t.change.lead(link.email) },
      restore: t.restore,
      login: t.oneTime,
    }[kind]
    const icon = kind === "login" ? "key" : kind === "restore" ? "shield" : "mail"
    return x.show(
      buttonLinkView(x.page, {
        action: x.url.pathname,
        title: words.title,
        lead: words.lead,
        submit: words.submit,
        icon,
      }),
    )
  }

const verify: Handler = async (x) => {
  const link = await linkOf(x, "verify")
  const by = (await x.parts.provider.currentSession(x.incoming, x.outgoing))?.userId
  const used = link && (await x.parts.credentials.email.verify(link.secret, by))
  return used ? x.redirect("/account/verify/done") : gone(x, "/account")
}

const change: Handler = async (x) => {
  const link = await linkOf(x, "change")
  const used = link && (await x.parts.credentials.email.confirm(link.secret))
  return used ? x.redirect("/account/change/done") : gone(x, "/account")
}

/** The way back ends with a new password, for the old one may be known to whoever was here. */
const restore: Handler = async (x) => {
  const link = await linkOf(x, "restore")
  const used = link && (await x.parts.credentials.email.restore(link.secret))
  return used ? x.redirect(`/account/reset/${used.reset}`) : gone(x, "/account")
}

const confirmed =
  (kind: "verify" | "change"): Handler =>
  async (x) => {
    const { t } = x.page
    return x.show(
      plainView({
        icon: "check",
        mood: "good",
        title: t[kind].doneTitle,
        lead: t.verify.done,
        next: { path: "/account", label: t.verify.goOn },
      }),
    )
  }

/** The link proves a mailbox, or access to the program's output; the login goes on from there, second factor and all. */
const logIn: Handler = async (x) => {
  const link = await linkOf(x, "login")
  const used = link && (await x.parts.credentials.links.use("login", link.secret))
  if (!used || used.userId === null) return gone(x, "/account")
  x.setStep({ uid: "", userId: used.userId, methods: ["link"], at: x.parts.host.now().toISOString() })
  return x.redirect(loginAddress(x.parts.host.url, "/account", { isForced: true }))
}

export const linkRoutes: readonly Route[] = [
  open("/account/reset", { GET: askAddress("reset"), POST: sendLink("reset") }),
  open("/account/register", { GET: askAddress("register"), POST: sendLink("register") }),
  open("/account/reset/sent", { GET: sent("reset") }),
  open("/account/register/sent", { GET: sent("register") }),
  ...(["reset", "invite", "register"] as const).flatMap((kind) => [
    open(`/account/${kind}/done`, { GET: done(kind) }),
    open(`/account/${kind}/:secret`, { GET: choosePassword(kind), POST: setPassword(kind) }),
  ]),
  open("/account/verify/done", { GET: confirmed("verify") }),
  open("/account/change/done", { GET: confirmed("change") }),
  open("/account/verify/:secret", { GET: confirm("verify"), POST: verify }),
  open("/account/change/:secret", { GET: confirm("change"), POST: change }),
  open("/account/restore/:secret", { GET: confirm("restore"), POST: restore }),
  open("/account/link/:secret", { GET: confirm("login"), POST: logIn }),
]
