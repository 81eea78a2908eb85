/** The steps of a login that an application waits for. */
import type { AuthenticationResponseJSON } from "@simplewebauthn/server"
import { assuranceOf, methodReferences, type Proof, type ProofMethod } from "../../credentials/assurance.ts"
import type { InteractionDetails } from "../../oidc/interactions.ts"
import type { Answer } from "../answer.ts"
import { type Exchange, type Person, personOf, type Step } from "../exchange.ts"
import type { Mistake } from "../form.ts"
import { minutesOf, Refusal } from "../refusal.ts"
import { type Handler, open, type Route } from "../router.ts"
import { consentView } from "../views/consent.ts"
import { factorNeededView, factorView, loginView } from "../views/login.ts"
import { protectAnswer } from "../../oidc/answer-headers.ts"
import { ACCOUNT_CLIENT } from "../login-address.ts"

/** A login under way, as every step of it sees it. */
interface Login {
  readonly x: Exchange
  readonly details: InteractionDetails
  readonly base: string
  /** Who is logged in and has to prove it again. */
  readonly again: Person | undefined
  readonly step: Step | undefined
}

/** Where a form may lead in the end: `form-action` is held against every redirect that follows. */
function destinationOf({ returnUri }: InteractionDetails): readonly string[] {
  const url = URL.parse(returnUri)
  if (!url) return []
  return [url.protocol === "https:" || url.protocol === "http:" ? url.origin : url.protocol]
}

const clientName = ({ client }: InteractionDetails): string | undefined =>
  client.id === ACCOUNT_CLIENT ? undefined : client.name

async function detailsOf(x: Exchange, prompt: InteractionDetails["prompt"]): Promise<InteractionDetails> {
  const details = await x.parts.provider.interactions.details(x.incoming, x.outgoing)
  if (details?.uid !== x.params["uid"] || details?.prompt !== prompt) throw new Refusal("expired")
  return details
}

const SWITCHES = new Set(["switch"])

async function loginOf(x: Exchange): Promise<Login> {
  const details = await detailsOf(x, "login")
  const isSwitching = [...x.url.searchParams.keys()].some((key) => SWITCHES.has(key)) || x.form.get("switch") === "1"
  const again = details.userId === undefined || isSwitching ? undefined : await personOf(x.parts, details.userId)
  const step = x.step && (x.step.uid === details.uid || x.step.uid === "") ? x.step : undefined
  return { x: x.speaking(details.uiLocales), details, base: `/account/login/${details.uid}`, again, step }
}

async function showLogin(
  { x, details, base, again, step }: Login,
  mistakes: readonly Mistake[],
  options: { readonly status?: number; readonly email?: string | undefined; readonly retryAfterSeconds?: number } = {},
): Promise<Answer> {
  const { credentials } = x.parts
  const isSwitching = again === undefined && details.userId !== undefined
  const known = again && {
    name: again.name,
    email: again.email,
    hasPassword: await credentials.passwords.has(again.id),
    hasPasskey: (await credentials.factorsOf(again.id)).includes("passkey"),
  }
  const connecting = step?.connect?.issuer
  const label = credentials.external.issuers.find(({ name }) => name === connecting)?.label
  const view = loginView(x.page, {
    base: isSwitching ? `${base}?switch=1` : base,
    client: clientName(details),
    email: options.email ?? details.loginHint,
    ...(known ? { again: known } : {}),
    ...(label === undefined ? {} : { connecting: label }),
    issuers: label === undefined ? credentials.external.issuers : [],
    canRegister: credentials.registration.isOpen,
    mistakes,
  })
  const { status = mistakes.length > 0 ? 422 : 200, retryAfterSeconds } = options
  return x.show(view, {
    status,
    leadsTo: destinationOf(details),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

const proof = (method: ProofMethod, at: string): Proof => ({ method, at })

/** Everything is proved: the browser gets its session, and goes back to the application. */
async function complete(
  { x, step, details, base }: Login,
  userId: string,
  methods: readonly ProofMethod[],
): Promise<Answer | undefined> {
  const { host, credentials, provider } = x.parts
  const now = host.now()
  const proofs = methods.map((method) => proof(method, now.toISOString()))
  const acr = assuranceOf(proofs, now) === "mfa" ? "mfa" : "single"
  if (details.wantsMfa && acr !== "mfa") return x.redirect(`${base}/needed`)
  if (step?.connect) await credentials.external.link(userId, step.connect.pending)
  x.setStep(undefined)
  x.setDevice(credentials.deviceToken(userId))
  x.renewForms()
  return leave(x, () =>
    provider.interactions.login(x.incoming, x.outgoing, { userId, acr, amr: methodReferences(proofs, now) }),
  )
}

/** The protocol gives the answer: back to the application. */
async function leave(x: Exchange, answer: () => Promise<boolean>): Promise<undefined> {
  protectAnswer(x.outgoing, x.parts.host.url.startsWith("https:"))
  for (const cookie of x.takeCookies()) x.outgoing.appendHeader("set-cookie", cookie)
  if (!(await answer())) throw new Refusal("expired")
}

/** What comes after the first proof: another one, where the account has one. */
async function afterFirst(login: Login, userId: string, method: Step["methods"][number]): Promise<Answer | undefined> {
  const { x, details, base, step } = login
  const factors = await x.parts.credentials.factorsOf(userId)
  if (!factors.includes("totp") && !factors.includes("passkey")) return complete(login, userId, [method])
  const at = x.parts.host.now().toISOString()
  x.setStep({ uid: details.uid, userId, methods: [method], at, ...(step?.connect ? { connect: step.connect } : {}) })
  return x.redirect(`${base}/factor`)
}

const begin: Handler = async (x) => {
  const login = await loginOf(x)
  const { step } = login
  // A link in a mail, or an outside issuer, has proved something before this login began.
  const first = step?.uid === "" || step?.methods[0] === "external" ? step.methods[0] : undefined
  if (step?.userId !== undefined && first !== undefined) return afterFirst(login, step.userId, first)
  return showLogin(login, [])
}

const withPassword: Handler = async (x) => {
  const login = await loginOf(x)
  const { t } = login.x.page
  const email = login.again?.email ?? (x.form.get("email") ?? "").trim()
  const password = x.form.get("password") ?? ""
  const mistakes: Mistake[] = []
  if (email === "") mistakes.push({ field: "email", text: t.login.emailMissing })
  if (password === "") mistakes.push({ field: "password", text: t.login.passwordMissing })
  if (mistakes.length > 0) return showLogin(login, mistakes, { email })
  const { network, device } = x
  const answer = await x.parts.credentials.signIn({ email, password, network, device })
  if (answer.ok) return afterFirst(login, answer.userId, "password")
  if (answer.code === "login.locked") {
    const { retryAfterSeconds } = answer
    const text = t.login.locked(minutesOf(retryAfterSeconds))
    return showLogin(login, [{ text }], { email, status: 429, retryAfterSeconds })
  }
  return showLogin(login, [{ text: t.login.refused }], { email })
}

type Kind = "totp" | "recovery" | "passkey"

/** The second step; without a first one there is none. */
async function secondStep(
  x: Exchange,
): Promise<
  (Login & { readonly step: Step & { readonly userId: string }; readonly factors: readonly Kind[] }) | undefined
> {
  const login = await loginOf(x)
  const { step } = login
  if (step?.userId === undefined || step.uid !== login.details.uid || step.methods.length === 0) return undefined
  const factors = await x.parts.credentials.factorsOf(step.userId)
  return { ...login, step: { ...step, userId: step.userId }, factors }
}

const backToLogin = (x: Exchange): Answer => x.redirect(`/account/login/${x.params["uid"]}`)

function showFactor(
  { x, base, details, factors }: Login & { readonly factors: readonly Kind[] },
  kind: Kind,
  mistakes: readonly Mistake[],
): Answer {
  const others = factors.filter((one) => one !== kind)
  const status = mistakes.length > 0 ? 422 : 200
  return x.show(factorView(x.page, { base, kind, others, mistakes }), { status, leadsTo: destinationOf(details) })
}

const askFactor: Handler = async (x) => {
  const login = await secondStep(x)
  return login ? showFactor(login, login.factors.includes("totp") ? "totp" : "passkey", []) : backToLogin(x)
}

const askRecovery: Handler = async (x) => {
  const login = await secondStep(x)
  return login ? showFactor(login, "recovery", []) : backToLogin(x)
}

const withCode =
  (kind: "totp" | "recovery"): Handler =>
  async (x) => {
    const login = await secondStep(x)
    if (!login) return backToLogin(x)
    const { credentials } = x.parts
    const { t } = login.x.page
    const code = (x.form.get("code") ?? "").replaceAll(/\s/g, "")
    if (code === "") return showFactor(login, kind, [{ field: "code", text: t.factor.missing }])
    const { userId, methods } = login.step
    const isRight =
      kind === "totp"
        ? await credentials.checkTotp(userId, code, x.network)
        : await credentials.useRecoveryCode(userId, code, x.network)
    if (!isRight) return showFactor(login, kind, [{ field: "code", text: t.factor.refused }])
    return complete(login, userId, [...methods, kind])
  }

const passkeyOptions: Handler = async (x) => {
  const login = await loginOf(x)
  const options = await x.parts.credentials.passkeys.assertion(x.network, login.step?.userId ?? login.again?.id)
  if (!options) throw new Refusal("limited")
  return x.json(options)
}

/** What a browser's script sent: JSON, or nothing where the person gave up. */
export function credentialIn(x: Exchange): object | undefined {
  try {
    const value: unknown = JSON.parse(x.form.get("response") ?? "")
    return typeof value === "object" && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const withPasskey: Handler = async (x) => {
  const login = await loginOf(x)
  const response = credentialIn(x) as AuthenticationResponseJSON | undefined
  const asserted = response && (await x.parts.credentials.passkeys.assert(response))
  const second = login.step?.userId === undefined ? undefined : await secondStep(x)
  const expected = second?.step.userId ?? login.again?.id
  if (asserted && (expected === undefined || expected === asserted.userId))
    return complete(login, asserted.userId, [...(second?.step.methods ?? []), "passkey"])
  const mistake = { text: login.x.page.t.login.passkeyRefused }
  return second
    ? showFactor(second, second.factors.includes("totp") ? "totp" : "passkey", [mistake])
    : showLogin(login, [mistake])
}

const needed: Handler = async (x) => {
  const login = await loginOf(x)
  return login.x.show(factorNeededView(login.x.page, login.base, login.details.client.name), {
    leadsTo: destinationOf(login.details),
  })
}

/** Ends the step in favour of the application, which is told that nothing comes of it. */
async function giveUp(x: Exchange): Promise<undefined> {
  x.setStep(undefined)
  return leave(x, () => x.parts.provider.interactions.cancel(x.incoming, x.outgoing))
}

const abort: Handler = async (x) => {
  await detailsOf(x, "login")
  return giveUp(x)
}

const askConsent: Handler = async (first) => {
  const details = await detailsOf(first, "consent")
  const x = first.speaking(details.uiLocales)
  const user = details.userId === undefined ? undefined : await personOf(x.parts, details.userId)
  if (!user) throw new Refusal("expired")
  const view = consentView(x.page, {
    action: `/account/consent/${details.uid}`,
    client: details.client.name,
    host: URL.parse(details.returnUri)?.host || (URL.parse(details.returnUri)?.protocol ?? ""),
    user,
    scopes: details.scopes.filter((scope) => scope !== "api"),
    services: details.services,
  })
  return x.show(view, { leadsTo: destinationOf(details) })
}

const answerConsent: Handler = async (x) => {
  await detailsOf(x, "consent")
  if (x.form.get("answer") !== "allow") return giveUp(x)
  return leave(x, () => x.parts.provider.interactions.consent(x.incoming, x.outgoing))
}

const base = "/account/login/:uid"

export const loginRoutes: readonly Route[] = [
  open(base, { GET: begin, POST: withPassword }),
  open(`${base}/factor`, { GET: askFactor, POST: withCode("totp") }),
  open(`${base}/recovery`, { GET: askRecovery, POST: withCode("recovery") }),
  open(`${base}/passkey`, { GET: async (x) => backToLogin(x), POST: withPasskey }),
  open(`${base}/passkey/options`, { POST: passkeyOptions }),
  open(`${base}/needed`, { GET: needed }),
  open(`${base}/abort`, { POST: abort }),
  open("/account/consent/:uid", { GET: askConsent, POST: answerConsent }),
]
