import { readFileSync } from "node:fs"
/** An outside OpenID Connect issuer that people may log in with. */
export interface ExternalIssuer {
  /** In addresses: `/account/external/{name}`. Lower-case letters, digits and dashes. */
  readonly name: string
  /** For people; the name when left out. */
  readonly label: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret?: string
  /**
   * Domains whose addresses this issuer alone gives out, so that its word is a proof of who owns an address there. Never a domain of
   * free mailboxes, unless it is the issuer's own.
   */
  readonly authoritativeDomains: readonly string[]
  /** Whether a stranger with a verified address of an authoritative domain gets an account. */
  readonly autoCreate: boolean
  readonly scope: string
}

type Env = Readonly<Record<string, string | undefined>>

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/
const MAX_ISSUERS = 20

/**
 * Reads `LOGIN_ISSUERS`: a JSON list of
 * `{ name, issuer, clientId, label?, clientSecretEnv?, clientSecretFile?, authoritativeDomains?, autoCreate?, scope? }`.
 * Secrets are named, never written there.
 *
 * @throws TypeError that says which setting is wrong, without its value
 */
export function externalIssuers(env: Env, isDevelopment: boolean): readonly ExternalIssuer[] {
  const text = env["LOGIN_ISSUERS"]
  if (text === undefined || text.trim() === "") return []
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    throw new TypeError("LOGIN_ISSUERS is not JSON.")
  }
  if (!Array.isArray(list) || list.length > MAX_ISSUERS)
    throw new TypeError(`LOGIN_ISSUERS must be a list of at most ${MAX_ISSUERS} issuers.`)
  const issuers = list.map((each, index) => parseIssuer(each, `LOGIN_ISSUERS[${index}]`, env, isDevelopment))
  for (const key of ["name", "issuer"] as const) {
    if (new Set(issuers.map((each) => each[key])).size < issuers.length)
      throw new TypeError(`LOGIN_ISSUERS has the same ${key} twice.`)
  }
  return issuers
}

function parseIssuer(value: unknown, at: string, env: Env, isDevelopment: boolean): ExternalIssuer {
  if (typeof value !== "object" || value === null) throw new TypeError(`${at} must be an object.`)
  const given = value as Readonly<Record<string, unknown>>
  const text = (key: string): string => {
    const found = given[key]
    if (typeof found !== "string" || found === "") throw new TypeError(`${at}.${key} must be a text.`)
    return found
  }
  const optional = (key: string): string | undefined => (given[key] === undefined ? undefined : text(key))
  const name = text("name")
  if (!NAME.test(name)) throw new TypeError(`${at}.name must be lower-case letters, digits and dashes.`)
  const issuer = text("issuer")
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  const isSafe = url?.protocol === "https:" || (isDevelopment && url?.protocol === "http:")
  if (!isSafe || url?.search || url?.hash || url?.username)
    throw new TypeError(`${at}.issuer must be an https address without query.`)
  const domains = given["authoritativeDomains"] ?? []
  if (!Array.isArray(domains) || !domains.every((one): one is string => typeof one === "string"))
    throw new TypeError(`${at}.authoritativeDomains must be a list of texts.`)
  if (given["autoCreate"] !== undefined && typeof given["autoCreate"] !== "boolean")
    throw new TypeError(`${at}.autoCreate must be true or false.`)
  const clientSecret = secretOf(optional("clientSecretEnv"), optional("clientSecretFile"), at, env)
  return {
    name,
    label: optional("label") ?? name,
    issuer,
    clientId: text("clientId"),
    ...(clientSecret === undefined ? {} : { clientSecret }),
    authoritativeDomains: domains.map((domain) => domain.toLowerCase()),
    autoCreate: given["autoCreate"] === true,
    scope: optional("scope") ?? "openid email profile",
  }
}

function secretOf(variable: string | undefined, file: string | undefined, at: string, env: Env): string | undefined {
  if (variable !== undefined) {
    const value = env[variable]
    if (!value) throw new TypeError(`${at}.clientSecretEnv names ${variable}, which is not set.`)
    return value
  }
  if (file === undefined) return undefined
  try {
    return readFileSync(file, "utf8").trim()
  } catch {
    throw new TypeError(`${at}.clientSecretFile cannot be read.`)
  }
}
