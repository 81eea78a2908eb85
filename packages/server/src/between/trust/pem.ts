import { X509Certificate } from "node:crypto"

const BLOCK = /-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g

/** What is in a PEM text under one label ("CERTIFICATE", "PRIVATE KEY"), each still as PEM (RFC 7468). */
export const pemBlocks = (pem: string, label: string): readonly string[] =>
  [...pem.matchAll(BLOCK)].flatMap(([block, found]) => (found === label ? [block] : []))

/** The certificates in a PEM text, in their order. @throws Error for one that cannot be read */
export const certificatesIn = (pem: string): readonly X509Certificate[] =>
  pemBlocks(pem, "CERTIFICATE").map((one) => new X509Certificate(one))
