/**
 * Applications as the protocol sees them: rows of `identity.Client`, nothing else. What a row may not be is no client at all.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto"
import { ArchipelError, type ContractDefinition, type Create, type Db, systemPrincipal } from "@archipel/core"
import { type ServiceHost, spiffeId } from "@archipel/server"
import type { JSONWebKeySet } from "jose"
import type { Client, ClientMetadata } from "oidc-provider"
import { neighboursOf, type ServiceContracts } from "../apart/service-contracts.ts"
import { GATEWAY_CLIENT, namedBy, TOKEN_EXCHANGE } from "./client-names.ts"

/** The one scope of services' tokens: to act with the user's rights, where the client may call at all. */
export const API_SCOPE = "api"

/** A client that the program itself brings along, brought up to date at every start. */
export interface OwnClient {
  /** Of a service's client: the service's name. */
  readonly clientId: string
  readonly name: string
  readonly kind: "web" | "service"
  readonly redirectUris?: readonly string[]
  readonly postLogoutRedirectUris?: readonly string[]
  readonly backchannelLogoutUri?: string
  /** Services that it may call for a user, by name; of the gateway all, where left out. */
  readonly mayCall?: readonly string[]
  readonly secret?: string
  readonly jwks?: JSONWebKeySet
}

/** What a client's secret is stored as. For random secrets of 128 bits and more. */
export const secretHash = (secret: string): string => createHash("sha256").update(secret).digest("base64url")

/** Whether a secret is the one of which a client's row has the hash. In constant time. */
export function isClientSecret(client: Pick<Client, "clientSecret">, secret: string): boolean {
  const known = Buffer.from(client.clientSecret ?? "")
  const given = Buffer.from(secretHash(secret))
  return known.length === given.length && timingSafeEqual(known, given)
}

/** What clients carry beyond the standard's metadata. */
export const clientProperties = ["first_party", "may_call", "service_account"] as const

/** Whether its users are never asked for consent. */
export const isFirstParty = (client: Client): boolean => client["first_party"] === true

/** The service account that it works as, where it may work in its own name. */
export const serviceAccountOf = (client: Client): string | undefined => client["service_account"] as string | undefined

/** What a client's `may_call` says if it may ask for tokens of every service. */
const EVERY_SERVICE = "every"

/** Whether it may ask for tokens of a service. */
export const mayCall = (client: Client, service: string): boolean =>
  client["may_call"] === EVERY_SERVICE ||
  (Array.isArray(client["may_call"]) && (client["may_call"] as unknown[]).includes(service))

/** The service of an audience, if there is one of that name. */
export async function serviceOfAudience(
  contracts: Pick<ServiceContracts, "learn">,
  audience: string,
): Promise<string | undefined> {
  const name = namedBy(audience)
  if (name === undefined) return undefined
  return name === GATEWAY_CLIENT || (await contracts.learn(name)) !== undefined ? name : undefined
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : []

const isLoopback = (host: string): boolean => host === "localhost" || host === "[::1]" || /^127(?:\.\d+){3}$/.test(host)

/** In production codes travel over TLS, but to a native application on the same machine. */
function isAllowedUri(uri: string, kind: string, isDevelopment: boolean): boolean {
  const url = URL.parse(uri)
  if (url === null || url.username !== "" || url.password !== "" || uri.includes("#")) return false
  return url.protocol !== "http:" || isDevelopment || (kind === "native" && isLoopback(url.hostname))
}

/** What is told of a client, and kept up to date of the program's own. */
const metadata = [
  "name",
  "kind",
  "firstParty",
  "redirectUris",
  "postLogoutRedirectUris",
  "backchannelLogoutUri",
  "jwks",
  "secretHash",
  "mayCall",
] as const
const fields = [...metadata, "active", "clientId", "serviceAccount.id", "serviceAccount.active"] as const

const reader = systemPrincipal("protocol: clients")

/** A service of the fleet that asks for itself, as its certificate says. */
export interface Sender {
  readonly service: string
  readonly trustDomain: string
  /** Undefined if nobody knows it. */
  readonly contract: ContractDefinition | undefined
}

type ClientsHost = Pick<ServiceHost, "as" | "isDevelopment">

/**
 * A client's metadata by its id; nothing for one that is unknown, inactive or not fit for use. One statement.
 *
 * @param sender Whose certificate the request was sent with, where nothing else proves who sends it: such a service is a client by its
 *   name (RFC 8705, section 2.1.2), also if nobody registered it.
 */
export async function findClient(
  host: ClientsHost,
  clientId: string,
  sender?: Sender,
): Promise<ClientMetadata | undefined> {
  const [row] = await host.as(reader)("identity.Client").find({ select: fields, where: { clientId }, limit: 1 })
  if (row?.active === false) return undefined
  if (sender?.service === clientId) return serviceClient(host, row, sender)
  return row && registeredClient(host, row)
}

type Row = Awaited<ReturnType<typeof clientRows>>[number]
const clientRows = (db: Db) => db("identity.Client").find({ select: fields })

/** What a service may call by itself: what its contract refers to. The gateway may call every service. */
function serviceClient(
  host: ClientsHost,
  row: Row | undefined,
  { service, trustDomain, contract }: Sender,
): ClientMetadata | undefined {
  if (contract === undefined && service !== GATEWAY_CLIENT) return undefined
  const grants = row && metadataOf(host, row)
  const byItself = service === GATEWAY_CLIENT ? EVERY_SERVICE : contract ? neighboursOf(contract) : []
  return {
    client_name: service,
    redirect_uris: [],
    response_types: [],
    ...grants,
    client_id: service,
    grant_types: [...(grants?.grant_types ?? []), TOKEN_EXCHANGE],
    token_endpoint_auth_method: "tls_client_auth",
    tls_client_auth_san_uri: spiffeId(trustDomain, service),
    first_party: true,
    may_call: Array.isArray(row?.mayCall) ? strings(row.mayCall) : byItself,
  }
}

function registeredClient(host: ClientsHost, row: Row): ClientMetadata | undefined {
  const metadata = metadataOf(host, row)
  const method = row.jwks ? "private_key_jwt" : row.secretHash ? "client_secret_basic" : "none"
  // A program on somebody's device keeps no secret; everything else does.
  if (metadata === undefined || (method === "none") !== (row.kind === "native")) return undefined
  return {
    ...metadata,
    grant_types: [...(metadata.grant_types ?? []), ...(method === "none" ? [] : [TOKEN_EXCHANGE])],
    token_endpoint_auth_method: method,
    ...(method === "private_key_jwt" ? { jwks: row.jwks as never } : {}),
    ...(method === "client_secret_basic" ? { client_secret: row.secretHash as string } : {}),
  }
}

/** All but how it proves who it is. */
function metadataOf(host: ClientsHost, row: Row): ClientMetadata | undefined {
  const isService = row.kind === "service"
  const redirectUris = isService ? [] : strings(row.redirectUris)
  const postLogoutUris = isService ? [] : strings(row.postLogoutRedirectUris)
  const uris = [...redirectUris, ...postLogoutUris, ...(row.backchannelLogoutUri ? [row.backchannelLogoutUri] : [])]
  if (!uris.every((uri) => isAllowedUri(uri, row.kind, host.isDevelopment))) return undefined
  const account = row.serviceAccount?.active === true ? row.serviceAccount.id : undefined
  return {
    client_id: row.clientId,
    client_name: row.name,
    application_type: row.kind === "native" ? "native" : "web",
    redirect_uris: redirectUris,
    post_logout_redirect_uris: postLogoutUris,
    response_types: isService ? [] : ["code"],
    grant_types: [
      ...(isService ? [] : ["authorization_code", "refresh_token"]),
      ...(account === undefined ? [] : ["client_credentials"]),
    ],
    ...(row.backchannelLogoutUri
      ? { backchannel_logout_uri: row.backchannelLogoutUri, backchannel_logout_session_required: true }
      : {}),
    first_party: row.firstParty,
    may_call: row.mayCall === null && row.clientId === GATEWAY_CLIENT ? EVERY_SERVICE : strings(row.mayCall),
    ...(account === undefined ? {} : { service_account: account }),
  }
}

/** The gateway's client, at the program's own address. */
export const gatewayClient = (url: string, secret: string): OwnClient => ({
  clientId: GATEWAY_CLIENT,
  name: "Archipel",
  kind: "web",
  redirectUris: [`${url}/auth/callback`],
  postLogoutRedirectUris: [`${url}/account/logged-out`, `${url}/`],
  backchannelLogoutUri: `${url}/auth/backchannel`,
  secret,
})

const jsonOf = (value: unknown): string => JSON.stringify(value ?? null)

/**
 * Makes the program's own clients known. Writes only what differs, so that a start leaves no history.
 *
 * @param keeps What stays as an administrator says, of clients that are known already.
 */
export async function registerClients(
  db: Db,
  clients: readonly OwnClient[],
  keeps: readonly "mayCall"[] = [],
): Promise<void> {
  for (const client of clients) {
    const values = {
      name: client.name,
      kind: client.kind,
      firstParty: true,
      active: true,
      redirectUris: (client.redirectUris ?? []) as never,
      postLogoutRedirectUris: (client.postLogoutRedirectUris ?? []) as never,
      backchannelLogoutUri: client.backchannelLogoutUri ?? null,
      jwks: (client.jwks ?? null) as never,
      secretHash: client.secret === undefined ? null : secretHash(client.secret),
      mayCall: (client.mayCall ?? null) as never,
    }
    const [known] = await db("identity.Client").find({
      select: [...metadata, "active"],
      where: { clientId: client.clientId },
      limit: 1,
    })
    if (known === undefined) {
      await createClient(db, { clientId: client.clientId, ...values })
      continue
    }
    const changed = Object.entries(values).filter(
      ([name, value]) =>
        !keeps.includes(name as "mayCall") && jsonOf(known[name as keyof typeof values]) !== jsonOf(value),
    )
    if (changed.length > 0) await db("identity.Client").update(known.id, Object.fromEntries(changed))
  }
}

/** Of processes that start together one makes it, and the same one. */
async function createClient(db: Db, values: Create<"identity.Client">): Promise<void> {
  try {
    await db("identity.Client").create(values)
  } catch (error) {
    if (!(error instanceof ArchipelError) || error.code !== "record.duplicate") throw error
  }
}

/** Whether an origin is where a first-party client of this program listens for logouts. */
export async function isOwnOrigin(host: Pick<ServiceHost, "as" | "url">, origin: string): Promise<boolean> {
  if (origin === new URL(host.url).origin) return true
  const rows = await host
    .as(reader)("identity.Client")
    .find({
      select: ["backchannelLogoutUri"],
      where: { firstParty: true, active: true, backchannelLogoutUri: { startsWith: origin } },
      limit: 100,
    })
  return rows.some(({ backchannelLogoutUri: uri }) => uri !== null && URL.parse(uri)?.origin === origin)
}
