/**
 * The open connections of the port for other services. Each ends at the latest when a certificate that it rests on does, and is told
 * so before, so that its peer has another one by then.
 *
 * @module
 */
import type { DetailedPeerCertificate, TLSSocket } from "node:tls"

/** So long before its end a connection takes no new requests: longer than idle connections are kept. */
export const RETIRE_MS = 90_000
/** How late the end of a connection may come. */
const SWEEP_MS = 1_000

/** What differs between connections of one protocol and another. */
export interface Conduct {
  /** Lets requests end and takes no new ones, in the way of its protocol. */
  retire(): void
  /** Once, after it has closed. */
  forget(): void
}

interface Connection extends Conduct {
  readonly socket: TLSSocket
  readonly service: string
  retireAtMs: number
  endAtMs: number
  isRetired: boolean
}

export interface Opened extends Conduct {
  readonly socket: TLSSocket
  readonly service: string
  /** When the last of the certificates has to be believed for the last time. */
  readonly expiresAtMs: number
}

export interface Connections {
  add(opened: Opened): void
  /** All of them, in the way of their protocols; they are gone after `RETIRE_MS` at the latest. */
  retire(): void
  close(): void
}

/** When a chain of certificates as Node gives it ceases to hold. */
export function expiryOf(certificate: DetailedPeerCertificate): number {
  const { valid_to: until, issuerCertificate: issuer } = certificate
  const ownMs = Date.parse(until)
  const isLast = issuer === undefined || issuer.fingerprint256 === certificate.fingerprint256
  return isLast ? ownMs : Math.min(ownMs, expiryOf(issuer))
}

/** @param maySpeak Asked again while a connection is open. */
export function openConnections(maySpeak: (service: string) => boolean): Connections {
  const all = new Set<Connection>()
  const retire = (connection: Connection): void => {
    if (connection.isRetired) return
    connection.isRetired = true
    connection.endAtMs = Math.min(connection.endAtMs, Date.now() + RETIRE_MS)
    connection.retire()
  }
  const sweep = (): void => {
    const nowMs = Date.now()
    for (const connection of all) {
      if (nowMs >= connection.endAtMs || !maySpeak(connection.service)) connection.socket.destroy()
      else if (nowMs >= connection.retireAtMs) retire(connection)
    }
  }
  const sweeping = setInterval(sweep, SWEEP_MS).unref()
  return {
    add({ expiresAtMs, socket, ...rest }) {
      // A certificate that has but little time left is still of use.
      const noticeMs = Math.min(RETIRE_MS, (expiresAtMs - Date.now()) / 2)
      const connection: Connection = {
        ...rest,
        socket,
        endAtMs: expiresAtMs,
        retireAtMs: expiresAtMs - noticeMs,
        isRetired: false,
      }
      all.add(connection)
      socket.once("close", () => {
        all.delete(connection)
        connection.forget()
      })
    },
    retire: () => all.forEach(retire),
    close: () => clearInterval(sweeping),
  }
}
