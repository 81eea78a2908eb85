/**
 * A TLS server that takes connections of gRPC and of HTTP/1.1.
 *
 * @module
 */
import { experimental, type Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js"
import { constants } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer, type Server } from "node:https"
import type { Socket } from "node:net"
import type { SecureContextOptions, TLSSocket } from "node:tls"
import { httpLimits } from "../http/serve.ts"
import { callsAreOf } from "./caller.ts"
import { type Conduct, RETIRE_MS } from "./connections.ts"
import type { KeyPair } from "./trust/workload.ts"

/** Whoever connects has proved itself by then. */
const HANDSHAKE_MS = 10_000
/** Open at once; more are closed before they say anything. */
const MAX_CONNECTIONS = 1_000

export interface Protocols {
  /** With its services added and neither bound nor started. */
  readonly grpc: GrpcServer
  readonly http: (incoming: IncomingMessage, outgoing: ServerResponse) => void
}

export interface ServerOfTwo {
  /** Not listening yet. What comes of a connection is up to who hears "secureConnection". */
  readonly server: Server
  /** Serves a connection in the protocol that ALPN chose: HTTP/1.1 for who does not choose. */
  serve(socket: TLSSocket, service: string): Conduct
}

/** What a pair means for TLS; also for `setSecureContext`. */
export const contextOf = ({ key, certificate, authorities }: KeyPair): SecureContextOptions => ({
  key,
  cert: certificate,
  ca: authorities,
  minVersion: "TLSv1.3",
  // A resumed session would outlive the certificate that it began with: without tickets, and no memory of sessions, there is none.
  secureOptions: constants.SSL_OP_NO_TICKET,
})

export function serverOfTwo(pair: KeyPair, { grpc, http }: Protocols): ServerOfTwo {
  const retired = new WeakSet<Socket>()
  const server = createServer(
    {
      ...contextOf(pair),
      ...httpLimits,
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ["h2", "http/1.1"],
      handshakeTimeout: HANDSHAKE_MS,
    },
    (incoming, outgoing) => {
      if (retired.has(incoming.socket)) outgoing.shouldKeepAlive = false
      http(incoming, outgoing)
    },
  )
  server.maxConnections = MAX_CONNECTIONS
  server.maxRequestsPerSocket = 0
  // What Node does with each connection by itself is for those of HTTP/1.1.
  const [serveHttp] = server.listeners("secureConnection")
  server.removeAllListeners("secureConnection")
  return {
    server,
    serve(socket, service) {
      if (socket.alpnProtocol !== "h2") {
        serveHttp?.call(server, socket)
        return { retire: () => retired.add(socket), forget: () => {} }
      }
      // An injector for each connection: it can say who calls, and end one connection in the way of HTTP/2.
      const credentials = experimental.createServerCredentialsWithInterceptors(ServerCredentials.createInsecure(), [
        callsAreOf(service),
      ])
      const injector = grpc.createConnectionInjector(credentials)
      injector.injectConnection(socket)
      return { retire: () => injector.drain(RETIRE_MS), forget: () => injector.destroy() }
    },
  }
}
