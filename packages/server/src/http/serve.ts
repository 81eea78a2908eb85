import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { HttpApp } from "./app.ts"

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** An address of this machine; "localhost" listens on no other. */
  readonly host: string
  /** Whether other processes listen at the same port and the system hands out connections; not everywhere possible. */
  readonly reusePort?: boolean
}

export interface ListeningServer {
  /** With the port that was taken. */
  readonly url: string
  /**
   * Stops taking connections, lets requests end and closes what is left after `graceMs`. Answers when all are closed.
   */
  close(graceMs: number): Promise<void>
}

/** How HTTP/1.1 is spoken at every port of ours. */
export const httpLimits = {
  maxHeaderSize: 16 * 1024,
  /** All headers must have come by then. */
  headersTimeout: 10_000,
  /** The whole request, an upload included, must have come by then. */
  requestTimeout: 15 * 60_000,
  /** Longer than the 60 s of usual proxies, so that they close idle connections, not we while they send on one. */
  keepAliveTimeout: 65_000,
  /** Two values of one field are two values, not the first. */
  joinDuplicateHeaders: true,
} as const

function listen(server: Server, { port, host, reusePort = false }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen({ port, host, reusePort }, () => {
      server.off("error", reject)
      resolve()
    })
  })
}

const isEverywhere = (host: string): boolean => host === "0.0.0.0" || host === "::"

/** The address of who listens at a host, by a name that works on this machine. */
export const urlAt = (host: string, port: number): string =>
  `http://${isEverywhere(host) ? "localhost" : host.includes(":") ? `[${host}]` : host}:${port}`

/** What is made once the address is known. */
export type AppAt = (url: string) => Promise<HttpApp>

/**
 * Listens until it is closed. Requests that come while the app is being made wait for it.
 *
 * @throws what Node says if the port is taken, and what making the app throws
 */
export async function serveHttp(given: HttpApp | AppAt, options: ServeOptions): Promise<ListeningServer> {
  const made = Promise.withResolvers<HttpApp>()
  let listener: HttpApp["listener"] = (incoming, outgoing) => {
    made.promise.then(
      (app) => app.listener(incoming, outgoing),
      () => outgoing.destroy(),
    )
  }
  const server = createServer(httpLimits, (incoming, outgoing) => listener(incoming, outgoing))
  server.maxRequestsPerSocket = 0
  await listen(server, options)
  const { port, family, address } = server.address() as AddressInfo
  const url = urlAt(family === "IPv6" && !isEverywhere(options.host) ? address : options.host, port)
  let app: HttpApp
  try {
    app = typeof given === "function" ? await given(url) : given
  } catch (error) {
    made.promise.catch(() => {})
    made.reject(error)
    server.close()
    server.closeAllConnections()
    throw error
  }
  listener = app.listener
  made.resolve(app)
  return {
    url,
    async close(graceMs) {
      app.drain()
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      const sweep = setInterval(() => server.closeIdleConnections(), 50)
      const limit = setTimeout(() => server.closeAllConnections(), graceMs)
      server.closeIdleConnections()
      try {
        await closed
      } finally {
        clearInterval(sweep)
        clearTimeout(limit)
      }
    },
  }
}
