import { collectionName, knownContracts, type ModelName } from "@archipel/core"
import { collectionAt } from "./collection.ts"
import type { AnyCollection, Collection } from "./collection-types.ts"
import { type CallOptions, createSend, type FetchLike, type Send } from "./send.ts"

/** Where the services are, and who asks. */
export interface ClientOptions {
  /** Of the gateway, or of one service: "https://erp.example.com". Empty for the page's own origin. */
  readonly url: string
  /** The platform's when left out. */
  readonly fetch?: FetchLike
  /** An access token, or what gives one for each request. Without it a browser's session cookie says who asks. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>)
  /** The languages of what people read, as in `Accept-Language`. */
  readonly language?: string
  /** Go with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /** As in `fetch`; "same-origin" when left out. */
  readonly credentials?: "same-origin" | "include" | "omit"
  /** For a call with all its tries. Default 30,000, the bound of a service itself. */
  readonly timeoutMs?: number
  /** Further tries after the first, of what does no harm when it is sent twice. Default 3. */
  readonly retries?: number
  /** Told of services that did not answer, whose parts an answer lacks. */
  readonly onPartial?: (services: readonly string[]) => void
}

/** The way to all models of all services: `client("sales.Order").query(…)`. */
export interface Client {
  /** Typed by the contract, which must be imported: it says what the collection is called. */
  <const N extends ModelName>(name: N): Collection<N>
  /** For a model that is known by its metadata: "/api/sales/orders". */
  at(path: string): AnyCollection
  /** Any other address of the API, such as "/api/$ui". The JSON of the answer. */
  ask(path: string, options?: CallOptions & { readonly method?: string; readonly json?: unknown }): Promise<unknown>
}

/** The address of a model's records. @throws TypeError if its contract was not imported */
function pathOf(name: string): string {
  const [service = "", model = ""] = name.split(".")
  const definition = knownContracts().get(service)?.models[model]
  if (!definition) throw new TypeError(`${name} is not known: import the contract of ${service}.`)
  return `/api/${service}/${collectionName(model, definition.plural)}`
}

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD"])

function clientOver(send: Send): Client {
  const known = new Map<string, AnyCollection>()
  const at = (path: string): AnyCollection => {
    let collection = known.get(path)
    if (!collection) known.set(path, (collection = collectionAt(send, path)))
    return collection
  }
  return Object.assign((name: string) => at(pathOf(name)), {
    at,
    async ask(path: string, { method, json, ...options }: Parameters<Client["ask"]>[1] = {}) {
      const verb = method ?? (json === undefined ? "GET" : "POST")
      const body = json === undefined ? {} : { json }
      return (await send({ method: verb, path, ...body, isIdempotent: SAFE.has(verb), ...options })).json
    },
  }) as unknown as Client
}

/** A client of all services behind one address. It keeps nothing: as many as needed may be made. */
export function createClient(options: ClientOptions): Client {
  const { url, token, language, headers, credentials, timeoutMs = 30_000, retries = 3, onPartial } = options
  const send = createSend({
    url,
    fetch: options.fetch ?? ((at, init) => fetch(at, init)),
    token: typeof token === "string" ? () => token : token,
    headers: {
      // Says that a page of this site sends it, which a form of another site cannot.
      "x-archipel": "1",
      ...(language === undefined ? {} : { "accept-language": language }),
      ...headers,
    },
    credentials,
    timeoutMs,
    retries,
    onPartial,
  })
  return clientOver(send)
}
