import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"
import { certificatesIn } from "./pem.ts"
import { type KeyPair, serverNameOf, serviceOfCertificate, spiffeId } from "./workload.ts"

export interface Expectation {
  readonly service: string
  readonly trustDomain: string
  readonly now: Date
}

/** RFC 5280, section 4.2.1.12. */
const usages = { "1.3.6.1.5.5.7.3.1": "server", "1.3.6.1.5.5.7.3.2": "client" } as const
/** Certificates between a service's and an authority. */
const MAX_CHAIN = 8

/** Undefined for a text that is something else. */
function read<Thing>(reader: () => Thing): Thing | undefined {
  try {
    return reader()
  } catch {
    return undefined
  }
}

const isWithin = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean =>
  validFromDate <= now && now < validToDate

/** Whether a certificate leads to an authority, by others between. */
function isBacked(
  certificate: X509Certificate,
  place: { readonly between: readonly X509Certificate[]; readonly authorities: readonly X509Certificate[] },
  depth = 0,
): boolean {
  const isBy = (issuer: X509Certificate): boolean =>
    issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  if (place.authorities.some(isBy)) return true
  return depth < MAX_CHAIN && place.between.some((issuer) => isBy(issuer) && isBacked(issuer, place, depth + 1))
}

function mistakesOfLeaf(leaf: X509Certificate, { service, trustDomain, now }: Expectation): string[] {
  const { subjectAltName: names } = leaf
  const mistakes: string[] = []
  if (serviceOfCertificate({ subjectaltname: names ?? "" }, trustDomain) !== service) {
    mistakes.push(
      `The certificate is for ${names ?? "nobody"}, where ${spiffeId(trustDomain, service)} alone is needed.`,
    )
  }
  if (leaf.checkHost(serverNameOf(service)) === undefined) {
    mistakes.push(`The certificate lacks the DNS name ${serverNameOf(service)}.`)
  }
  if (leaf.validFromDate > now) mistakes.push(`The certificate is not valid before ${leaf.validFrom}.`)
  if (leaf.validToDate <= now) mistakes.push(`The certificate has expired: ${leaf.validTo}.`)
  const allowed: readonly string[] | undefined = leaf.keyUsage
  for (const [usage, side] of Object.entries(usages)) {
    if (allowed && !allowed.includes(usage)) mistakes.push(`The certificate may not be used as a ${side}'s.`)
  }
  return mistakes
}

/** What TLS itself has against a pair: "ee key too small". */
function refusalOfTls({ key, certificate, authorities }: KeyPair): readonly string[] {
  try {
    createSecureContext({ key, cert: certificate, ca: authorities })
    return []
  } catch (error) {
    return [`TLS does not take them: ${error instanceof Error ? error.message : String(error)}.`]
  }
}

/** What keeps a pair from being that of a service, in sentences; none if others will believe it. */
export function pairMistakes(pair: KeyPair, expected: Expectation): readonly string[] {
  const { key, certificate, authorities } = pair
  const privateKey: KeyObject | undefined = read(() => createPrivateKey(key))
  const [leaf, ...between] = read(() => certificatesIn(certificate)) ?? []
  const believed = read(() => certificatesIn(authorities)) ?? []
  const mistakes: string[] = []
  if (privateKey === undefined) mistakes.push("The key is not a private key in PEM, without a passphrase.")
  if (leaf === undefined) mistakes.push("The certificate is not a certificate in PEM.")
  if (believed.length === 0) mistakes.push("The authorities are not certificates in PEM.")
  if (leaf === undefined) return mistakes
  if (privateKey && !leaf.checkPrivateKey(privateKey)) mistakes.push("The key is not that of the certificate.")
  mistakes.push(...mistakesOfLeaf(leaf, expected))
  const valid = (all: readonly X509Certificate[]) => all.filter((one) => isWithin(one, expected.now))
  if (believed.length > 0 && !isBacked(leaf, { between: valid(between), authorities: valid(believed) })) {
    mistakes.push("The certificate does not lead to an authority that is believed.")
  }
  return mistakes.length > 0 ? mistakes : refusalOfTls(pair)
}
