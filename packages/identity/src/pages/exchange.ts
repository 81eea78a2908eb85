/**
 * One request to a page: who sends it, in which language, with which form; and the ways to answer it.
 *
 * @module
 */
import { randomBytes, timingSafeEqual } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { systemPrincipal, type Id } from "@archipel/core"
import { clientAddress, hopsTo } from "../oidc/client-address.ts"
import type { CurrentSession } from "../oidc/provider.ts"
import { type Answer, pageHeaders, redirect } from "./answer.ts"
import { cookieName, cookieText, networkKey, proxyHops, readCookies, readForm } from "@archipel/server"
import { entrance, home, type Page, type Room, type View } from "./frame.ts"
import { chooseLanguage, type Language, languages } from "./messages/language.ts"
import type { PagesParts } from "./parts.ts"
import { Refusal } from "./refusal.ts"
import { mayBeOwn } from "./same-origin.ts"
import { type Sealed, sealed } from "./sealed.ts"

/** Whose account it is. */
export interface Person {
  readonly id: Id<"identity.User">
  readonly name: string
  readonly email: string
  readonly emailVerified: boolean
  readonly locale: string | null
  readonly timeZone: string
}

/** How a login stands that is not complete yet. */
export interface Step {
  /** The login that it belongs to; any of this browser where it is empty. */
  readonly uid: string
  readonly userId?: string
  /** What was proved so far. */
  readonly methods: readonly ("password" | "external" | "link")[]
  readonly at: string
  /** An outside account that is connected when the login is complete. */
  readonly connect?: { readonly pending: string; readonly issuer: string }
}

/** Where an outside login leads back to. */
export interface Outside {
  readonly issuer: string
  readonly binding: string
  /** The login that waits for it; none where somebody connects an account. */
  readonly uid?: string
}

interface FormCookie {
  readonly nonce: string
  /** The session that it was made for. */
  readonly sid: string
}

export interface SealedCookies {
  readonly form: Sealed<FormCookie>
  readonly step: Sealed<Step>
  readonly outside: Sealed<Outside>
}

const DAY = 24 * 60 * 60
const STEP_SECONDS = 10 * 60
const LANGUAGE_SECONDS = 365 * DAY

export const sealedCookies = ({ secrets, host }: PagesParts): SealedCookies => {
  const now = (): Date => host.now()
  return {
    form: sealed(secrets, now, "page-form", DAY),
    step: sealed(secrets, now, "page-step", STEP_SECONDS),
    outside: sealed(secrets, now, "page-outside", STEP_SECONDS),
  }
}

export interface LoggedIn {
  readonly session: CurrentSession
  readonly person: Person
}

export interface Exchange {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly parts: PagesParts
  readonly url: URL
  /** Variable parts of the path. */
  readonly params: Readonly<Record<string, string>>
  /** Empty for GET. */
  readonly form: ReadonlyMap<string, string>
  readonly page: Page
  readonly network: string
  /** The token by which a browser is known that its owner logged in with before. */
  readonly device: string
  readonly step: Step | undefined
  readonly outside: Outside | undefined
  /** Undefined on the addresses before a login. */
  readonly loggedIn: LoggedIn | undefined
  setStep(step: Step | undefined): void
  setOutside(outside: Outside | undefined): void
  setDevice(token: string): void
  setLanguage(language: string): void
  /** A new token for the forms: what was read before the login is worth nothing after it. */
  renewForms(): void
  /** In other words than those that the request asked for. */
  speaking(wishes: readonly string[]): Exchange
  show(
    view: View,
    options?: { readonly status?: number; readonly leadsTo?: readonly string[]; readonly retryAfterSeconds?: number },
  ): Answer
  showRoom(room: Room, view: View, status?: number): Answer
  json(value: unknown): Answer
  redirect(path: string): Answer
  /** Cookies that belong to the answer, for those that others give. */
  takeCookies(): readonly string[]
}

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

export async function personOf({ host }: PagesParts, userId: string): Promise<Person | undefined> {
  const user = await host
    .as(systemPrincipal("own account"))("identity.User")
    .get(userId as Id<"identity.User">, {
      select: ["id", "name", "email", "emailVerified", "locale", "timeZone", "active"],
    })
  return user?.active ? user : undefined
}

export interface ExchangeOptions {
  readonly parts: PagesParts
  readonly cookies: SealedCookies
  readonly params: Readonly<Record<string, string>>
  readonly loggedIn: LoggedIn | undefined
}

/** @throws Refusal `form` for what changes something and does not come from a page of ours */
export async function createExchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: ExchangeOptions,
): Promise<Exchange> {
  const { parts, cookies: made, params, loggedIn } = options
  const { host, product = "Archipel" } = parts
  const isSecure = host.url.startsWith("https:")
  const url = new URL(incoming.url ?? "/", host.url)
  const cookies = readCookies(incoming.headers.cookie)
  const cookie = (name: string): string | undefined => cookies.get(cookieName(name, isSecure))
  const written = new Map<string, string>()
  const write = (name: string, value: string | undefined, seconds?: number): void => {
    const lifetime = value === undefined ? 0 : seconds
    written.set(
      name,
      cookieText(name, value ?? "", { isSecure, ...(lifetime === undefined ? {} : { seconds: lifetime }) }),
    )
  }

  const sid = loggedIn?.session.sid ?? ""
  const known = made.form.read(cookie("form"))
  const isOwn = known !== undefined && (loggedIn === undefined || known.sid === sid)
  const isChange = incoming.method === "POST"
  let form: ReadonlyMap<string, string> = new Map()
  if (isChange) {
    if (!mayBeOwn(incoming.headers, new URL(host.url).origin)) throw new Refusal("form")
    form = await readForm(incoming)
    if (!isOwn || !same(known.nonce, form.get("token") ?? "")) throw new Refusal("form")
  }
  const newForms = (): string => {
    const nonce = randomBytes(32).toString("base64url")
    write("form", made.form.write({ nonce, sid }))
    return nonce
  }
  const token = isOwn ? known.nonce : newForms()

  const wished = url.searchParams.get("lang") ?? undefined
  if (wished !== undefined && Object.hasOwn(languages, wished)) write("language", wished, LANGUAGE_SECONDS)
  const chosen = [wished, cookie("language"), loggedIn?.person.locale ?? undefined]
  const acceptLanguage = incoming.headers["accept-language"]
  const pageIn = (language: Language): Page => ({
    t: languages[language],
    language,
    token,
    address: isChange ? ownAddress(url) : url.pathname + url.search,
    brand: product,
    timeZone: loggedIn?.person.timeZone ?? "UTC",
  })
  const hasConnections = parts.credentials.external.issuers.length > 0

  const exchange = (page: Page): Exchange => ({
    incoming,
    outgoing,
    parts,
    url,
    params,
    form,
    page,
    network: networkKey(clientAddress(incoming, hopsTo(incoming, proxyHops(host.env)))),
    device: cookie("device") ?? "",
    step: made.step.read(cookie("proved")),
    outside: made.outside.read(cookie("outside")),
    loggedIn,
    setStep: (step) => write("proved", step && made.step.write(step), STEP_SECONDS),
    setOutside: (outside) => write("outside", outside && made.outside.write(outside), STEP_SECONDS),
    setDevice: (device) => write("device", device, LANGUAGE_SECONDS),
    setLanguage: (language) => write("language", language, LANGUAGE_SECONDS),
    renewForms: () => void newForms(),
    speaking: (wishes) => exchange(pageIn(chooseLanguage([...chosen, ...wishes], acceptLanguage))),
    show: (view, { status = 200, leadsTo = [], retryAfterSeconds } = {}) => ({
      status,
      headers: {
        ...pageHeaders({ isSecure, leadsTo }),
        ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
      },
      body: entrance(page, view),
    }),
    showRoom: (room, view, status = 200) => ({
      status,
      headers: pageHeaders({ isSecure }),
      body: home(page, { ...view, room, owner: loggedIn?.person ?? { name: "", email: "" }, hasConnections }),
    }),
    json: (value) => ({
      status: 200,
      headers: { ...pageHeaders({ isSecure }), "content-type": "application/json" },
      body: JSON.stringify(value),
    }),
    redirect: (path) => redirect(path, isSecure),
    takeCookies: () => [...written.values()],
  })
  return exchange(pageIn(chooseLanguage(chosen, acceptLanguage)))
}

/** Of an answer to a form: what is asked for once more, in another language, is the page that the form stands on. */
const ownAddress = ({ pathname }: URL): string => pathname
