import { createPublicKey, randomBytes, webcrypto } from "node:crypto"
import {
  AuthorityKeyIdentifierExtension,
  type JsonGeneralNames,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509"
import { createKey } from "../../src/between/trust/authority.ts"
import type { KeyPair } from "../../src/between/trust/workload.ts"
import { authority } from "./fleet.ts"

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }

/** A pair by the fleet's own authority with names that it gives to nobody. */
export async function strangePair(names: JsonGeneralNames): Promise<KeyPair> {
  const key = await createKey()
  const spki = new Uint8Array(createPublicKey(key).export({ type: "spki", format: "der" }))
  const pkcs8 = PemConverter.decodeFirst(authority.key)
  const issuer = new X509Certificate(authority.certificate)
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(8).toString("hex")}`,
    subject: "CN=sales",
    issuer: issuer.subject,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: ALGORITHM,
    publicKey: (await webcrypto.subtle.importKey("spki", spki, ALGORITHM, true, ["verify"])) as never,
    signingKey: (await webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"])) as never,
    extensions: [
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new SubjectAlternativeNameExtension(names),
    ],
  })
  return { key, certificate: certificate.toString("pem"), authorities: authority.certificate }
}
