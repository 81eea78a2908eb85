/**
 * The one port at which a service listens for other services: mutual TLS 1.3, where ALPN tells gRPC from HTTP/1.1.
 *
 * @module
 */
import type { Server } from "node:https"
import { type AddressInfo, Server as NetServer, type Socket } from "node:net"
import type { PeerCertificate, TLSSocket } from "node:tls"
import type { Log } from "../log.ts"
import { connectionIsOf } from "./caller.ts"
import { expiryOf, openConnections } from "./connections.ts"
import { refusals } from "./refusals.ts"
import { certificatesIn } from "./trust/pem.ts"
import { type KeyPair, serviceOfCertificate, type WorkloadCredentials } from "./trust/workload.ts"
import { contextOf, type Protocols, serverOfTwo } from "./two-protocols.ts"

export { callerOf, peerOf } from "./caller.ts"

/** How often idle connections are looked for while the port closes. */
const SWEEP_MS = 50

/** The gRPC server is shut down with the port. */
export interface BetweenOptions extends Protocols {
  readonly credentials: WorkloadCredentials
  /** An address of this machine. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Whether this service takes requests from that one. Asked for each connection, again while it is open. */
  readonly maySpeak: (service: string) => boolean
  readonly log: Log
}

export interface BetweenListener {
  readonly host: string
  /** That was taken. */
  readonly port: number
  /** Takes no more connections, and of those that are open no requests but the ones that are on their way. */
  drain(): void
  /** Drains, and closes what is left after `graceMs`. Answers when all connections are closed. */
  close(graceMs: number): Promise<void>
}

const firstExpiry = ({ certificate }: KeyPair): number =>
  Math.min(...certificatesIn(certificate).map(({ validToDate }) => validToDate.getTime()))

/** Whether an authority that was believed no longer is. */
function isAnyDropped(before: KeyPair, after: KeyPair): boolean {
  const kept = new Set(certificatesIn(after.authorities).map(({ fingerprint256 }) => fingerprint256))
  return certificatesIn(before.authorities).some(({ fingerprint256 }) => !kept.has(fingerprint256))
}

const listening = (server: Server, { port, host }: BetweenOptions): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen({ port, host }, () => {
      server.off("error", reject)
      resolve(server.address() as AddressInfo)
    })
  })

/** Who is at the other end of a connection, or why nobody is let in. */
type Admission = { readonly service: string } | { readonly refusal: string }

/** Of the certificate only names matter: all else was verified with it. */
function admission(certificate: PeerCertificate, { credentials, maySpeak }: BetweenOptions): Admission {
  const service = serviceOfCertificate(certificate, credentials.trustDomain)
  if (service === undefined) {
    return { refusal: `its certificate is not that of one service of ${credentials.trustDomain}` }
  }
  return maySpeak(service) ? { service } : { refusal: `${service} may not speak to ${credentials.service}` }
}

/**
 * Listens until it is closed. Whoever does not show a certificate of this trust domain, for one service that may speak, is cut off
 * before any request; `callerOf` and `peerOf` tell handlers who it is. New credentials hold for new connections, and a connection ends
 * before a certificate on either side of it expires, so that its peer has to show a newer one.
 *
 * @throws what Node says if the port is taken
 */
export async function listenBetween(options: BetweenOptions): Promise<BetweenListener> {
  const { credentials, grpc, maySpeak, log } = options
  const refuse = refusals(log)
  const connections = openConnections(maySpeak)
  let pair = credentials.current()
  let ownExpiryMs = firstExpiry(pair)
  let isDraining = false
  const { server, serve } = serverOfTwo(pair, options)

  const admit = (socket: TLSSocket): void => {
    socket.on("error", () => {})
    const certificate = socket.getPeerCertificate(true)
    const admitted = admission(certificate, options)
    if ("refusal" in admitted) {
      refuse(admitted.refusal, socket.remoteAddress)
      socket.destroy()
      return
    }
    const { service } = admitted
    connectionIsOf(socket, service)
    const expiresAtMs = Math.min(expiryOf(certificate), ownExpiryMs)
    connections.add({ ...serve(socket, service), socket, service, expiresAtMs })
    if (isDraining) connections.retire()
  }
  // Also those that have not proved themselves yet.
  const sockets = new Set<Socket>()
  server.on("secureConnection", admit)
  server.on("tlsClientError", (error, socket) => {
    refuse(String(socket.authorizationError ?? error.message), socket.remoteAddress)
  })
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.once("close", () => sockets.delete(socket))
  })

  const stopRenewing = credentials.onChange((next) => {
    server.setSecureContext(contextOf(next))
    // Of connections that rest on an authority that is believed no longer none stays.
    if (isAnyDropped(pair, next)) connections.retire()
    pair = next
    ownExpiryMs = firstExpiry(next)
  })
  const end = (): void => {
    stopRenewing()
    connections.close()
    grpc.forceShutdown()
  }

  const closed = Promise.withResolvers<void>()
  const drain = (): void => {
    if (isDraining) return
    isDraining = true
    // Not HTTP's own way to close, which cuts idle connections off at once, while their peers may be sending.
    NetServer.prototype.close.call(server, () => closed.resolve())
    connections.retire()
  }
  const close = async (graceMs: number): Promise<void> => {
    drain()
    server.close()
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    const limit = setTimeout(() => sockets.forEach((socket) => socket.destroy()), graceMs)
    await closed.promise
    clearInterval(sweep)
    clearTimeout(limit)
    end()
  }

  try {
    const { address, port } = await listening(server, options)
    return { host: address, port, drain, close }
  } catch (error) {
    end()
    throw error
  }
}
