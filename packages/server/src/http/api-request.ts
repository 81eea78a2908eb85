import type { IncomingMessage } from "node:http"

/** What the interface reads of a request: the platform's `Request` is one, and so is Node's own message, which costs less. */
export interface ApiRequest {
  readonly method: string
  readonly headers: { get(name: string): string | null; has(name: string): boolean }
  readonly body: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array> | null
  arrayBuffer(): Promise<ArrayBuffer | Uint8Array>
}

/** A request as Node parsed it, without a `Request` and its `Headers` made from it. */
export class NodeRequest implements ApiRequest {
  readonly method: string
  readonly #incoming: IncomingMessage

  constructor(incoming: IncomingMessage) {
    this.method = incoming.method ?? "GET"
    this.#incoming = incoming
  }

  get headers(): NodeRequest {
    return this
  }

  /** @param name In lower case. */
  get(name: string): string | null {
    const value = this.#incoming.headers[name]
    return typeof value === "string" ? value : (value?.join(", ") ?? null)
  }

  has(name: string): boolean {
    return this.#incoming.headers[name] !== undefined
  }

  get body(): AsyncIterable<Uint8Array> {
    return this.#incoming
  }

  /** @throws Error if the connection ends before the body does */
  arrayBuffer(): Promise<Uint8Array> {
    const incoming = this.#incoming
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
      // Each comes once in the life of a request; `once` would wrap them for nothing.
      incoming.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
      incoming.on("error", reject)
      incoming.on("close", () => {
        // Every request closes in the end; an error made for each would cost more than its body.
        if (!incoming.complete) reject(new Error("The connection ended before the request did."))
      })
    })
  }
}
