/**
 * The protocol of the identity service: OpenID Connect under `/oidc`, and what the program's own parts need of it.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { type Id, systemPrincipal } from "@archipel/core"
import { networkKey, proxyHops, type Secrets, type ServiceHost } from "@archipel/server"
import type { JSONWebKeySet } from "jose"
import { type Adapter, errors, type KoaContextWithOIDC, Provider } from "oidc-provider"
import { senderOf } from "../apart/fleet-peer.ts"
import { createServiceContracts, type ServiceContracts } from "../apart/service-contracts.ts"
import type { Rates } from "../credentials/rates.ts"
import { allowFormTo, protectAnswer } from "./answer-headers.ts"
import { createArtifacts } from "./artifacts.ts"
import { clientAddress, hopsTo } from "./client-address.ts"
import { findClient, isClientSecret, isOwnOrigin, type OwnClient, registerClients, type Sender } from "./clients.ts"
import { compareSecretsByHash, configuration, tokenTimes } from "./configuration.ts"
import { guardedFetch } from "./guarded-fetch.ts"
import { createInteractions, type Interactions } from "./interactions.ts"
import type { ProtocolPages } from "./protocol-pages.ts"
import { createSessions, type SessionEntry } from "./sessions.ts"
import { openSigningKeys } from "./signing-keys.ts"
import { blockedNetworks, ratesInMemory, tokenLimits } from "./throttle.ts"
import { type LoginFacts, registerTokenExchange } from "./token-exchange.ts"

export interface ProviderOptions {
  readonly host: ServiceHost
  readonly secrets: Secrets
  /** Those of the program where left out. */
  readonly contracts?: ServiceContracts
  /** Clients that are part of the program. */
  readonly clients?: readonly OwnClient[]
  /** Version of what a user may do, for `gv` of their tokens. */
  readonly grantsVersion?: (userId: string) => Promise<number | string | undefined>
  /** How the protocol's own pages look. */
  readonly pages: ProtocolPages
  /** Limits of the token endpoint; counted in this process alone when left out. */
  readonly rates?: Pick<Rates, "take">
}

/** A login in the browser that sends a request. */
export interface CurrentSession {
  readonly userId: string
  /** The `sid` of its tokens. */
  readonly sid: string
  /** Seconds since 1970, of the last proof. */
  readonly authTime: number | undefined
  readonly acr: string | undefined
  readonly amr: readonly string[]
}

export interface OidcProvider {
  /** `iss` of all tokens: the program's address and "/oidc". */
  readonly issuer: string
  /** Answers everything under "/oidc". */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>
  readonly interactions: Interactions
  /** Who is logged in in this browser, whatever the application; for pages of people's own account. */
  currentSession(incoming: IncomingMessage, outgoing: ServerResponse): Promise<CurrentSession | undefined>
  /** Where a user is logged in, the session used last first. At most 100. */
  sessions(userId: string): Promise<readonly SessionEntry[]>
  /** Ends one session at once, with its refresh tokens, and tells its clients. Nothing if there is none. */
  endSession(sid: string): Promise<void>
  /** The same for all of a user's but one; says how many. Also what was granted to applications for longer than a session ends. */
  endSessions(userId: string, except?: string): Promise<number>
  /** The public keys of all tokens that are still of use; in memory. */
  keys(): JSONWebKeySet
  /** Reads the keys anew at once: where another process, or who restored a database, may have changed them. */
  refreshKeys(): Promise<void>
  /** Called when other keys are published, or another one signs. */
  onKeysChanged(listener: () => void): void
  /** Ends the upkeep. What is under way is waited for. */
  close(): Promise<void>
}

/** What the library's types leave out. */
interface BackchannelClient {
  backchannelLogout(userId: string, sid: string): Promise<void>
}

/** The path of everything of the protocol. */
export const OIDC_PATH = "/oidc"

/** What pages of any origin may read: keys and metadata. */
const OPEN = /^\/oidc\/(?:jwks|\.well-known\/[a-z-]+)$/

const UPKEEP_MS = 60_000
const PURGE_ROWS = 1_000
/** Of one upkeep: what is left over waits for the next. */
const PURGE_BATCHES = 20

const GUESSES: ReadonlySet<string> = new Set(["invalid_client", "invalid_grant"])

/** Opens the protocol: keys are made and clients registered where they are not there yet. */
export async function createProvider(options: ProviderOptions): Promise<OidcProvider> {
  const { host, secrets, pages, grantsVersion = () => Promise.resolve(undefined) } = options
  const issuer = `${host.url}${OIDC_PATH}`
  const isHttps = host.url.startsWith("https:")
  const hops = proxyHops(host.env)
  const now = (): Date => host.now()
  const rates = options.rates ?? ratesInMemory(now)
  const blocked = blockedNetworks(now)
  const contracts = options.contracts ?? createServiceContracts(host, new Map())
  const trustDomain = host.mesh?.credentials.trustDomain
  const keys = await openSigningKeys(host, secrets)
  await registerClients(
    host.as(systemPrincipal("clients of the program")),
    options.clients ?? [],
    contracts.isApart ? ["mayCall"] : [],
  )

  const artifacts = createArtifacts({
    database: host.database,
    secrets,
    now,
    onReuse: (kind, account) =>
      host.log.info("a single-use handle was used twice; its grant is revoked", { kind, user: account ?? "" }),
  })
  /** From the sender's own headers, before they are replaced. */
  const networks = new WeakMap<object, string>()
  const networkOf = (incoming: IncomingMessage): string => networks.get(incoming) ?? ""
  /** Services that ask for themselves; from the sender's own headers too. */
  const senders = new WeakMap<object, string>()

  /** Asked for once a request, before anything is used up. */
  const throttled = new WeakSet<KoaContextWithOIDC>()
  const throttle = async (clientId: string): Promise<void> => {
    const ctx = Provider.ctx
    // A service asks once for many requests, and what it asks for is not what it is told to: nothing is guessed there.
    if (ctx?.oidc.route !== "token" || throttled.has(ctx) || senders.has(ctx.req)) return
    throttled.add(ctx)
    const taken = await rates.take(`oidc:${clientId}:${networkOf(ctx.req)}`, tokenLimits.requests)
    if (taken.ok) return
    ctx.set("retry-after", String(taken.retryAfterSeconds))
    const error = new errors.CustomOIDCProviderError("temporarily_unavailable", "too many requests")
    error.status = error.statusCode = 429
    throw error
  }
  /** Whom a request's certificate names, if it shows no other proof of who sends it. */
  const provenSender = async (): Promise<Sender | undefined> => {
    const ctx = Provider.ctx
    const service = ctx && senders.get(ctx.req)
    if (service === undefined || trustDomain === undefined) return undefined
    const { client_secret: secret, client_assertion: assertion } = ctx?.oidc.params ?? {}
    if (ctx?.headers.authorization !== undefined || secret !== undefined || assertion !== undefined) return undefined
    return { service, trustDomain, contract: await contracts.learn(service) }
  }
  const clientsAdapter = (): Adapter => ({
    ...artifacts.adapter("Client"),
    async find(clientId) {
      await throttle(clientId)
      return findClient(host, clientId, await provenSender())
    },
    upsert: () => Promise.reject(new Error("Clients are registered as records.")),
    destroy: () => Promise.reject(new Error("Clients are registered as records.")),
  })

  const notify = async (clientId: string, userId: string, sid: string): Promise<void> => {
    const client = await current.provider.Client.find(clientId).catch(() => undefined)
    if (client?.backchannelLogoutUri === undefined) return
    await (client as unknown as BackchannelClient)
      .backchannelLogout(userId, sid)
      .catch((error: unknown) => host.log.error("a client was not told of a logout", error, { client: clientId }))
  }
  const sessions = createSessions({ host, artifacts, notify })

  const isAlive = async (userId: string, sid: string | undefined): Promise<boolean> => {
    const db = host.as(systemPrincipal("protocol: accounts"))
    if (sid !== undefined && (await artifacts.session(sid))?.accountId !== userId) return false
    const service = userId.startsWith("svc:") ? userId.slice("svc:".length) : undefined
    const where = { id: service ?? userId, active: true }
    const found =
      service === undefined
        ? await db("identity.User").count(where as never)
        : await db("identity.ServiceAccount").count(where as never)
    return found === 1
  }
  const isProgram = async (clientId: string, account: string): Promise<boolean> =>
    (await host
      .as(systemPrincipal("protocol: accounts"))("identity.Client")
      .count({ clientId, active: true, serviceAccount: account as Id<"identity.ServiceAccount"> })) === 1

  const make = (): Provider => {
    const facts = new WeakMap<object, LoginFacts>()
    const provider = new Provider(
      issuer,
      configuration({
        host,
        contracts,
        ...(trustDomain === undefined ? {} : { fleet: { trustDomain, senderOf: (incoming) => senders.get(incoming) } }),
        adapter: (kind) => (kind === "Client" ? clientsAdapter() : artifacts.adapter(kind)),
        keys: keys.private() as never,
        pages,
        fetch: guardedFetch({ isTrusted: (origin) => isOwnOrigin(host, origin) }),
        facts,
        grantsVersion,
        onSessionUsed: sessions.used,
      }),
    )
    // The headers that say so are this program's own: `handle` writes them.
    provider.proxy = true
    // Nor does the connection say so: behind a gateway it has TLS of its own, whatever people's browsers speak.
    Object.defineProperty(provider.request, "protocol", { get: () => (isHttps ? "https" : "http") })
    compareSecretsByHash(provider, isClientSecret)
    registerTokenExchange(provider, {
      host,
      contracts,
      keys: keys.public,
      isAlive,
      isProgram,
      facts,
      ttl: tokenTimes.accessToken,
    })
    observe(provider)
    return provider
  }

  /** What has to be done before an answer goes out, though the library only says that it happened. */
  const pending = new WeakMap<object, Promise<unknown>[]>()
  const before = (work: (ctx: KoaContextWithOIDC) => Promise<unknown>): void => {
    const ctx = Provider.ctx
    if (ctx) pending.get(ctx.req)?.push(work(ctx))
  }
  function observe(provider: Provider): void {
    provider.use(async (ctx, next) => {
      const works: Promise<unknown>[] = []
      pending.set(ctx.req, works)
      await next()
      await Promise.all(works)
      finishAnswer(ctx as KoaContextWithOIDC)
    })
    provider.on("session.saved", (session) =>
      before((ctx) =>
        sessions.saved(session, { network: networkOf(ctx.req), userAgent: ctx.get("user-agent").slice(0, 500) }),
      ),
    )
    provider.on("session.destroyed", (session) => before(() => sessions.ended(session.uid)))
    provider.on("server_error", (ctx, error) =>
      host.log.error("the login protocol failed", error, { route: ctx.oidc?.route ?? "" }),
    )
    provider.on("backchannel.error", (_ctx, error, client) =>
      host.log.error("a client was not told of a logout", error, { client: client.clientId }),
    )
    for (const event of [
      "authorization.error",
      "end_session.error",
      "introspection.error",
      "revocation.error",
      "userinfo.error",
    ] as const)
      provider.on(event as "authorization.error", (ctx, error) => refusal(ctx, error))
    provider.on("grant.error", (ctx, error) => {
      refusal(ctx, error)
      if (GUESSES.has(error.message) && !senders.has(ctx.req)) countGuess(networkOf(ctx.req))
    })
  }
  const refusal = (ctx: KoaContextWithOIDC, error: Error): void => {
    const { error_detail: detail, error_description: description } = error as errors.OIDCProviderError
    host.log.info("the login protocol refused a request", {
      traceId: String(ctx.res.getHeader("x-trace-id") ?? ""),
      route: ctx.oidc.route,
      client: ctx.oidc.client?.clientId ?? "",
      error: error.message,
      why: detail ?? description ?? "",
    })
  }
  const countGuess = (network: string): void => {
    void rates.take(`oidc:failed:${network}`, tokenLimits.failures).then(
      (taken) => {
        if (!taken.ok) blocked.add(network, taken.retryAfterSeconds)
      },
      (error: unknown) => host.log.error("a limit was not counted", error),
    )
  }
  /** Pages of the protocol whose forms end at an application, and addresses that nothing is at. */
  const finishAnswer = (ctx: KoaContextWithOIDC): void => {
    const { oidc } = ctx as { oidc?: KoaContextWithOIDC["oidc"] }
    if (oidc === undefined) {
      ctx.status = 404
      ctx.body = { error: "not_found" }
      return
    }
    if (ctx.status !== 200 || ctx.type !== "text/html") return
    const after = oidc.session?.state?.["postLogoutRedirectUri"] ?? oidc.params?.["redirect_uri"]
    if (typeof after === "string" && oidc.client)
      ctx.set("content-security-policy", allowFormTo(String(ctx.response.get("content-security-policy")), after))
  }

  const keyListeners = new Set<() => void>()
  let current = { revision: keys.revision(), provider: make() }
  let callback = current.provider.callback()
  const renew = (): void => {
    if (keys.revision() === current.revision) return
    current = { revision: keys.revision(), provider: make() }
    callback = current.provider.callback()
    host.log.info("the signing keys changed", { keys: keys.public().keys.length })
    for (const listener of keyListeners) listener()
  }
  const upkeep = async (): Promise<void> => {
    try {
      await keys.refresh()
      renew()
      for (let batch = 0; batch < PURGE_BATCHES; batch++) if ((await artifacts.purge(PURGE_ROWS)) < PURGE_ROWS) break
    } catch (error) {
      host.log.error("the upkeep of the login protocol failed", error)
    }
  }
  let working: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    working = working.then(upkeep)
  }, UPKEEP_MS)
  timer.unref()

  const publicHost = new URL(host.url).host
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    protectAnswer(outgoing, isHttps)
    const sender = senderOf(incoming)
    if (sender !== undefined) senders.set(incoming, sender)
    const address = clientAddress(incoming, hopsTo(incoming, hops))
    const network = networkKey(address)
    networks.set(incoming, network)
    const url = incoming.url ?? "/"
    const wait = incoming.method === "POST" && sender === undefined ? blocked.secondsFor(network) : 0
    if (wait > 0) {
      outgoing.writeHead(429, { "content-type": "application/json", "retry-after": String(wait) })
      outgoing.end(JSON.stringify({ error: "temporarily_unavailable", error_description: "too many requests" }))
      return
    }
    if (incoming.method === "OPTIONS" && !OPEN.test(url)) {
      outgoing.writeHead(204, { allow: "GET, POST" }).end()
      return
    }
    // Addresses are built from what is configured, never from what a request claims.
    incoming.headers.host = publicHost
    delete incoming.headers["x-forwarded-host"]
    incoming.headers["x-forwarded-proto"] = isHttps ? "https" : "http"
    incoming.headers["x-forwarded-for"] = address
    Object.assign(incoming, { originalUrl: url, url: url.slice(OIDC_PATH.length) || "/" })
    await callback(incoming, outgoing)
  }

  return {
    issuer,
    handle,
    interactions: createInteractions(() => current.provider),
    async currentSession(incoming, outgoing) {
      const { provider } = current
      const session = await provider.Session.get(provider.createContext(incoming, outgoing))
      if (session.accountId === undefined || !(await isAlive(session.accountId, session.uid))) return undefined
      const { accountId, uid, acr, amr = [] } = session
      return { userId: accountId, sid: uid, authTime: session.authTime(), acr, amr }
    },
    sessions: sessions.list,
    endSession: sessions.end,
    endSessions: sessions.endAll,
    keys: keys.public,
    async refreshKeys() {
      await keys.refresh()
      renew()
    },
    onKeysChanged: (listener) => void keyListeners.add(listener),
    async close() {
      clearInterval(timer)
      await working
    },
  }
}
