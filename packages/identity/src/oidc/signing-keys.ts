/**
 * The keys that sign tokens (ES256). A key is published a while before it signs, so that whoever verifies has it by then, and
 * stays published until nothing that it signed is of use any more.
 *
 * @module
 */
import { systemPrincipal } from "@archipel/core"
import type { Secrets, ServiceHost } from "@archipel/server"
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK } from "jose"

const DAY_MS = 24 * 60 * 60_000

export const keyTimes = {
  /** How long a key signs. */
  signsMs: 30 * DAY_MS,
  /** How long the next one is published before it signs. */
  aheadMs: 2 * DAY_MS,
  /** How long it is published afterwards: an ID token says for the life of a session whom to log out. */
  afterMs: 31 * DAY_MS,
} as const

/** A key as the signer needs it. */
export interface PrivateKey {
  readonly jwk: JWK & { readonly kid: string }
  readonly signsFrom: number
}

export interface SigningKeys {
  /** The published public keys, the one that signs first; in memory. */
  public(): JSONWebKeySet
  /** The same with their private parts, for the signer; in memory. */
  private(): readonly PrivateKey["jwk"][]
  /** Changes whenever the keys or the signing one do. */
  revision(): string
  /** Reads what other processes made, and makes the next key when it is time. One statement when there is nothing to do. */
  refresh(): Promise<void>
}

interface StoredKey {
  readonly kid: string
  readonly jwk: PrivateKey["jwk"]
  readonly signsFrom: number
  readonly signsUntil: number
}

const PURPOSE = "signing-key"
const reason = systemPrincipal("rotation of signing keys")

/** Of several processes one makes a key; any number that no other lock of this database has. */
const LOCK = 4_711_001

async function newKey(): Promise<PrivateKey["jwk"]> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: "ES256", use: "sig" }
}

const publicPart = ({ kty, crv, x, y, kid, alg, use }: PrivateKey["jwk"]): JWK =>
  ({ kty, crv, x, y, kid, alg, use }) as JWK

/** Reads the keys, making the first one in a new database. */
export async function openSigningKeys(
  host: Pick<ServiceHost, "database" | "as" | "now">,
  secrets: Secrets,
): Promise<SigningKeys> {
  let keys: readonly StoredKey[] = []

  const load = async (): Promise<readonly StoredKey[]> => {
    const rows = await host
      .as(reason)("identity.SigningKey")
      .find({
        select: ["kid", "privateKey", "signsFrom", "signsUntil"],
        where: { publishedUntil: { gt: host.now().toISOString() } },
        orderBy: ["signsFrom"],
        limit: 100,
      })
    return rows.map(({ kid, privateKey, signsFrom, signsUntil }) => ({
      kid,
      jwk: JSON.parse(secrets.open(PURPOSE, privateKey)) as PrivateKey["jwk"],
      signsFrom: Date.parse(signsFrom),
      signsUntil: Date.parse(signsUntil),
    }))
  }
  const last = (of: readonly StoredKey[]): StoredKey | undefined => of.at(-1)
  const needsNext = (of: readonly StoredKey[]): boolean =>
    (last(of)?.signsUntil ?? 0) - host.now().getTime() < keyTimes.aheadMs

  const make = (): Promise<void> =>
    host.database.transaction(async (tx) => {
      await tx.query({ text: "select pg_advisory_xact_lock($1)" }, [LOCK])
      const known = await load()
      if (needsNext(known)) {
        const now = host.now().getTime()
        const signsFrom = Math.max(now, last(known)?.signsUntil ?? 0)
        const jwk = await newKey()
        await host
          .as(reason)("identity.SigningKey")
          .create({
            kid: jwk.kid,
            publicKey: publicPart(jwk) as never,
            privateKey: secrets.seal(PURPOSE, JSON.stringify(jwk)),
            signsFrom: new Date(signsFrom).toISOString(),
            signsUntil: new Date(signsFrom + keyTimes.signsMs).toISOString(),
            publishedUntil: new Date(signsFrom + keyTimes.signsMs + keyTimes.afterMs).toISOString(),
          })
      }
    })

  /** The signing key first, then the newest. A key whose time is over goes on signing until there is another. */
  const ordered = (): readonly StoredKey[] => {
    const now = host.now().getTime()
    const begun = keys.filter(({ signsFrom }) => signsFrom <= now)
    const signing = last(begun) ?? keys[0]
    return [...keys].reverse().sort((a, b) => Number(b === signing) - Number(a === signing))
  }

  const refresh = async (): Promise<void> => {
    let read = await load()
    if (needsNext(read)) {
      await make()
      read = await load()
    }
    keys = read
  }
  await refresh()
  return {
    public: () => ({ keys: ordered().map(({ jwk }) => publicPart(jwk)) }),
    private: () => ordered().map(({ jwk }) => jwk),
    revision: () =>
      ordered()
        .map(({ kid }) => kid)
        .join(),
    refresh,
  }
}
