/**
 * Who a process is to other processes: one service, said by a certificate (SPIFFE X.509-SVID).
 *
 * @module
 */
import type { PeerCertificate } from "node:tls"

/** What a service proves itself with, as PEM texts. */
export interface KeyPair {
  readonly key: string
  /** Its certificate and those between it and an authority. */
  readonly certificate: string
  /** Whose certificates are believed. During a rotation these are several. */
  readonly authorities: string
}

/** The key and certificate of one service, which change while it runs. */
export interface WorkloadCredentials {
  readonly service: string
  /** The name that all services of a company share: "archipel" when nothing else is said. */
  readonly trustDomain: string
  current(): KeyPair
  /** Called with each newer pair. Returns how to stop. */
  onChange(listener: (pair: KeyPair) => void): () => void
  close(): void
}

/** SPIFFE-ID, section 2: the one URI among a certificate's subject alternative names. */
export const spiffeId = (trustDomain: string, service: string): string => `spiffe://${trustDomain}/${service}`

/** The name that certificates of a service are for: what TLS compares with, wherever the service runs. */
export const serverNameOf = (service: string): string => `${service}.archipel.internal`

const URI = /^URI:spiffe:\/\/([^/]+)\/([A-Za-z][\w-]*)$/

/** The service of a verified certificate; undefined for one of another trust domain, with several URIs or with none. */
export function serviceOfCertificate(
  { subjectaltname }: Pick<PeerCertificate, "subjectaltname">,
  trustDomain: string,
): string | undefined {
  // Names with characters that could hide another name are quoted, and no service has one.
  if (subjectaltname?.includes('"')) return undefined
  const uris = (subjectaltname ?? "").split(", ").filter((name) => name.startsWith("URI:"))
  const [, domain, service] = (uris.length === 1 && URI.exec(uris[0] as string)) || []
  return domain === trustDomain ? service : undefined
}
