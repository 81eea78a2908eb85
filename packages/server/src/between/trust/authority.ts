/**
 * The authority of a development fleet: made on its first start, it gives every service a certificate.
 *
 * @module
 */
import "reflect-metadata"
import { createPublicKey, randomBytes, webcrypto } from "node:crypto"
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509"
import { type KeyPair, serverNameOf, spiffeId } from "./workload.ts"

cryptoProvider.set(webcrypto as never)

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const
const DAY_MS = 24 * 3_600_000
/** Clocks of machines differ. */
const BACKDATE_MS = 300_000

/** An authority's key and certificate, as PEM texts. */
export interface Authority {
  readonly key: string
  readonly certificate: string
}

const serial = (): string =>
  randomBytes(16)
    .toString("hex")
    .replace(/^[89a-f]/, "7")
const pemOfKey = async (key: webcrypto.CryptoKey): Promise<string> =>
  PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")
const keyOfPem = (pem: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(pem), ALGORITHM, false, ["sign"])
const publicKeyOfPem = (pem: string): Promise<webcrypto.CryptoKey> => {
  const spki = createPublicKey(pem).export({ type: "spki", format: "der" })
  return webcrypto.subtle.importKey("spki", new Uint8Array(spki), ALGORITHM, true, ["verify"])
}

/** A new private key, as PEM text. */
export async function createKey(): Promise<string> {
  const { privateKey } = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])
  return pemOfKey(privateKey)
}

/** @param days How long it may sign; 365 when left out. */
export async function createAuthority(trustDomain: string, now: Date, days = 365): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${trustDomain} development authority`,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + days * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys: keys as never,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      // Authorities that follow each other have one name, so that keys tell them apart.
      await SubjectKeyIdentifierExtension.create(keys.publicKey as never),
      new SubjectAlternativeNameExtension([{ type: "url", value: `spiffe://${trustDomain}` }]),
    ],
  })
  return { key: await pemOfKey(keys.privateKey), certificate: certificate.toString("pem") }
}

export interface Issuing {
  readonly trustDomain: string
  readonly service: string
  readonly now: Date
  /** 24 when left out. */
  readonly hours?: number
  /** That the certificate is for, from `createKey`; a new one when left out. */
  readonly key?: string
}

/** A certificate for clients and servers, with its key. */
export async function issue(
  { key: signingKey, certificate }: Authority,
  { trustDomain, service, now, hours = 24, key: given }: Issuing,
): Promise<Omit<KeyPair, "authorities">> {
  const key = given ?? (await createKey())
  const issuer = new X509Certificate(certificate)
  const issued = await X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${service}`,
    issuer: issuer.subject,
    notBefore: new Date(now.getTime() - BACKDATE_MS),
    notAfter: new Date(now.getTime() + hours * 3_600_000),
    signingAlgorithm: ALGORITHM,
    publicKey: (await publicKeyOfPem(key)) as never,
    signingKey: (await keyOfPem(signingKey)) as never,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new SubjectAlternativeNameExtension([
        { type: "url", value: spiffeId(trustDomain, service) },
        { type: "dns", value: serverNameOf(service) },
        { type: "dns", value: "localhost" },
      ]),
    ],
  })
  return { key, certificate: issued.toString("pem") }
}
