/**
 * The protocol in front of a real database, with the smallest pages that can log somebody in; and a browser for it.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { type Db, systemPrincipal } from "@archipel/core"
import { createLog, createSecrets, openServices, type ServiceHost } from "@archipel/server"
import * as client from "openid-client"
import { testDatabase } from "../../../../tests/support/database.ts"
import { audienceOf } from "../../src/oidc/client-names.ts"
import { type OwnClient, secretHash } from "../../src/oidc/clients.ts"
import { createProvider, type OidcProvider, type ProviderOptions } from "../../src/oidc/provider.ts"
import { identityService } from "../../src/service/service.ts"
import { plainPages } from "./plain-pages.ts"

export const ALICE = "01900000-0000-7000-8000-000000000001"
export const MARTIN = "01900000-0000-7000-8000-000000000002"

export interface ProtocolProgram extends AsyncDisposable {
  readonly url: string
  readonly provider: OidcProvider
  readonly host: ServiceHost
  readonly db: Db
  readonly log: readonly string[]
  /** Logout tokens that the gateway's client was sent. */
  readonly logouts: readonly string[]
  /** What the back-channel endpoint answers; 200 at first. */
  backchannelStatus: number
  /** Another process on the same database. */
  another(): Promise<OidcProvider>
}

export const GATEWAY_SECRET = "gateway-secret-of-this-test-0123456789"
export const PARTNER_SECRET = "partner-secret-of-this-test-0123456789"

export const form = async (incoming: IncomingMessage): Promise<URLSearchParams> => {
  let body = ""
  for await (const chunk of incoming) body += String(chunk)
  return new URLSearchParams(body)
}

/** A page of the test: its form logs in whomever it names, or agrees. */
async function interact(provider: OidcProvider, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const details = await provider.interactions.details(incoming, outgoing)
  if (details === undefined) {
    outgoing.writeHead(410).end("expired")
    return
  }
  if (incoming.method === "GET") {
    outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(details))
    return
  }
  const fields = await form(incoming)
  const { interactions } = provider
  if (fields.has("cancel")) await interactions.cancel(incoming, outgoing)
  else if (details.prompt === "consent") await interactions.consent(incoming, outgoing)
  else
    await interactions.login(incoming, outgoing, {
      userId: fields.get("user") ?? ALICE,
      acr: fields.get("mfa") === null ? "single" : "mfa",
      amr: fields.get("mfa") === null ? ["pwd"] : ["pwd", "otp", "mfa"],
    })
}

export interface ProgramOptions extends Partial<Pick<ProviderOptions, "rates" | "grantsVersion">> {
  readonly env?: Readonly<Record<string, string>>
  readonly now?: () => Date
  readonly clients?: readonly OwnClient[]
}

export async function protocolProgram(options: ProgramOptions = {}): Promise<ProtocolProgram> {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await testDatabase("oidc"))
  const services = stack.use(
    await openServices({
      services: [identityService()],
      env: { DATABASE_URL: database.url },
      dataDirectory: "/nonexistent",
      ...(options.now ? { now: options.now } : {}),
    }),
  )
  const db = services.as(systemPrincipal("test"))
  for (const [id, name] of [
    [ALICE, "Alice"],
    [MARTIN, "Martin"],
  ] as const)
    await services.services.get("identity")?.change(
      systemPrincipal("test"),
      {
        model: "identity.User",
        operation: "create",
        id,
        values: { name, email: `${name.toLowerCase()}@example.com`, emailVerified: true },
      },
      { traceId: "0".repeat(32) },
    )

  const log: string[] = []
  const logouts: string[] = []
  const current = { provider: undefined as OidcProvider | undefined, status: 200 }
  const server: Server = createServer((incoming, outgoing) => {
    const { provider } = current
    const path = incoming.url ?? "/"
    const answer = async (): Promise<void> => {
      if (provider === undefined) outgoing.writeHead(503).end()
      else if (path.startsWith("/oidc")) await provider.handle(incoming, outgoing)
      else if (path.startsWith("/account/")) await interact(provider, incoming, outgoing)
      else if (path === "/auth/backchannel") {
        logouts.push((await form(incoming)).get("logout_token") ?? "")
        outgoing.writeHead(current.status).end()
      } else outgoing.writeHead(200).end("application")
    }
    answer().catch((error: unknown) => {
      log.push(String(error))
      outgoing.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  stack.defer(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const [own] = services.databases.values()
  if (own === undefined) throw new Error("There is no database.")
  const host: ServiceHost = {
    name: "identity",
    url,
    database: own,
    dataDirectory: "/nonexistent",
    env: options.env ?? {},
    isDevelopment: true,
    log: createLog({ destination: { write: (line) => void log.push(line) } }),
    catalog: services.catalog,
    now: options.now ?? (() => new Date()),
    as: (principal, context) => services.as(principal, context),
  }
  const mayCall = ["gateway", ...services.catalog.contracts.keys()]
  const open = (): Promise<OidcProvider> =>
    createProvider({
      host,
      secrets: createSecrets(Buffer.alloc(32, 7)),
      pages: plainPages,
      clients: options.clients ?? [
        {
          clientId: "gateway",
          name: "Archipel",
          kind: "web",
          redirectUris: [`${url}/auth/callback`],
          postLogoutRedirectUris: [`${url}/`],
          backchannelLogoutUri: `${url}/auth/backchannel`,
          mayCall,
          secret: GATEWAY_SECRET,
        },
      ],
      ...(options.rates ? { rates: options.rates } : {}),
      grantsVersion: options.grantsVersion ?? (() => Promise.resolve(7)),
    })
  current.provider = await open()
  stack.defer(() => current.provider?.close())
  await db("identity.Client").create({
    clientId: "partner",
    name: "Partner <b>GmbH</b>",
    kind: "web",
    redirectUris: ["https://partner.example/callback?a=1", "https://partner.example/other"] as never,
    postLogoutRedirectUris: ["https://partner.example/bye"] as never,
    secretHash: secretHash(PARTNER_SECRET),
    mayCall: ["identity"] as never,
  })
  return {
    url,
    provider: current.provider,
    host,
    db,
    log,
    logouts,
    get backchannelStatus() {
      return current.status
    },
    set backchannelStatus(status) {
      current.status = status
    },
    async another() {
      const provider = await open()
      stack.defer(() => provider.close())
      return provider
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** A browser without scripts: it keeps cookies by path and follows redirects one by one. */
export class Browser {
  readonly cookies: { name: string; value: string; path: string; flags: string }[] = []

  async go(url: string, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url)
    const cookie = this.cookies
      .filter(({ path }) => pathname === path || pathname.startsWith(path.endsWith("/") ? path : `${path}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ")
    const headers = new Headers(init.headers)
    if (!headers.has("accept")) headers.set("accept", "text/html")
    if (cookie !== "") headers.set("cookie", cookie)
    const response = await fetch(url, { ...init, headers, redirect: "manual" })
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ")
      const name = pair.slice(0, pair.indexOf("="))
      const value = pair.slice(pair.indexOf("=") + 1)
      const path = attributes.find((a) => a.toLowerCase().startsWith("path="))?.slice(5) ?? "/"
      const known = this.cookies.findIndex((c) => c.name === name && c.path === path)
      if (known >= 0) this.cookies.splice(known, 1)
      if (value !== "") this.cookies.push({ name, value, path, flags: attributes.join("; ") })
    }
    return response
  }

  /** Posts a form. */
  post(url: string, fields: Record<string, string>): Promise<Response> {
    return this.go(url, { method: "POST", body: new URLSearchParams(fields) })
  }

  cookie(name: string): string | undefined {
    return this.cookies.find((cookie) => cookie.name === name)?.value
  }
}

export const locationOf = (response: Response): string => {
  const location = response.headers.get("location")
  if (location === null) throw new Error(`There is no redirect but a ${response.status}.`)
  return new URL(location, response.url).href
}

/** Follows redirects until they leave the protocol and its pages, filling in what the pages ask for. */
export async function through(
  program: Pick<ProtocolProgram, "url">,
  browser: Browser,
  start: string,
  fields: Record<string, string> = {},
): Promise<Response> {
  let response = await browser.go(start)
  for (let step = 0; step < 12; step++) {
    if (response.status !== 303 && response.status !== 302) return response
    const next = locationOf(response)
    const own = next.startsWith(program.url)
    const { pathname } = new URL(next)
    if (own && pathname.startsWith("/account/")) response = await browser.post(next, fields)
    else if (own && pathname.startsWith("/oidc/")) response = await browser.go(next)
    else return response
  }
  throw new Error("The redirects do not end.")
}

export interface Login {
  readonly tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers
  readonly config: client.Configuration
  readonly browser: Browser
}

export async function configOf(
  program: Pick<ProtocolProgram, "url">,
  id = "gateway",
  secret: string | undefined = id === "gateway" ? GATEWAY_SECRET : PARTNER_SECRET,
): Promise<client.Configuration> {
  return client.discovery(
    new URL(`${program.url}/oidc`),
    id,
    { id_token_signed_response_alg: "ES256" },
    secret === undefined ? client.None() : client.ClientSecretBasic(secret),
    { execute: [client.allowInsecureRequests] },
  )
}

/** The parts of an authorization request of openid-client, and what its answer is checked with. */
export async function request(
  config: client.Configuration,
  parameters: Record<string, string>,
): Promise<{ url: string; checks: client.AuthorizationCodeGrantChecks }> {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const expectedNonce = client.randomNonce()
  const url = client.buildAuthorizationUrl(config, {
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  })
  return { url: url.href, checks: { pkceCodeVerifier, expectedState, expectedNonce } }
}

/** The whole log-in of an application, as openid-client does it. */
export async function logIn(
  program: ProtocolProgram,
  options: {
    readonly browser?: Browser
    readonly parameters?: Record<string, string>
    readonly fields?: Record<string, string>
    readonly client?: string
  } = {},
): Promise<Login> {
  const browser = options.browser ?? new Browser()
  const id = options.client ?? "gateway"
  const config = await configOf(program, id)
  const isOwn = id === "gateway"
  const { url, checks } = await request(config, {
    redirect_uri: isOwn ? `${program.url}/auth/callback` : "https://partner.example/other",
    ...(isOwn
      ? { scope: "openid api", resource: audienceOf("gateway") }
      : { scope: "openid profile offline_access", prompt: "consent" }),
    ...options.parameters,
  })
  const response = await through(program, browser, url, options.fields)
  const tokens = await client.authorizationCodeGrant(config, new URL(locationOf(response)), checks)
  return { tokens, config, browser }
}

export const claimsOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>

export const headerOf = (jwt: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split(".")[0] ?? "", "base64url").toString()) as Record<string, unknown>

/** A request to the token endpoint, by hand. */
export const tokenRequest = (
  program: Pick<ProtocolProgram, "url">,
  fields: Record<string, string>,
  credentials: readonly [string, string] | null = ["gateway", GATEWAY_SECRET],
  path = "/oidc/token",
): Promise<Response> =>
  fetch(program.url + path, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: credentials ? { authorization: `Basic ${Buffer.from(credentials.join(":")).toString("base64")}` } : {},
  })
