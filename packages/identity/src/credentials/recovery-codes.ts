import { createHash, randomInt, timingSafeEqual } from "node:crypto"
import type { CredentialRecords } from "./credential-records.ts"
import type { RecoveryCodes } from "./credentials.ts"
import type { Notices } from "./notices.ts"
import type { CredentialsParts } from "./parts.ts"
import type { RateLimit, Rates } from "./rates.ts"

/** Without letters that look like others (Crockford's base 32). */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const CODES = 10
/** 60 bits. */
const CHARACTERS = 12
const wrongCodes: RateLimit = { per: 10, seconds: 600 }

export interface RecoveryCodeStore extends RecoveryCodes {
  use(userId: string, code: string, network: string): Promise<boolean>
  /** Without a word: with the first second factor. */
  make(userId: string, reason: string): Promise<readonly string[]>
  /** With the last second factor. */
  removeAll(userId: string, reason: string): Promise<void>
}

/** A code as people type it: any case, with or without dashes, O for 0 and I or L for 1. */
function canonicalCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1")
}

const hashOf = (userId: string, code: string): string =>
  createHash("sha256")
    .update(`${userId}:${canonicalCode(code)}`)
    .digest("base64url")

export function createRecoveryCodes(
  { database }: CredentialsParts,
  {
    records,
    rates,
    notices,
  }: { readonly records: CredentialRecords; readonly rates: Rates; readonly notices: Notices },
): RecoveryCodeStore {
  const removeAll = async (userId: string, reason: string): Promise<void> =>
    records.remove(reason, await records.list(userId, "recovery"))
  const make = async (userId: string, reason: string): Promise<readonly string[]> => {
    await removeAll(userId, reason)
    const codes = Array.from({ length: CODES }, newCode)
    await records.putMany(
      reason,
      codes.map((code) => ({ userId, kind: "recovery", secret: hashOf(userId, code) })),
    )
    return codes
  }
  return {
    make,
    removeAll,
    async renew(userId) {
      const codes = await make(userId, "a user renewed the recovery codes")
      await notices.tell(userId, { about: "recovery_codes_renewed" })
      return codes
    },
    remaining: async (userId) => (await records.list(userId, "recovery")).length,
    async use(userId, code, network) {
      const key = `recovery:${userId}:${network}`
      if (!(await rates.take(key, wrongCodes)).ok) return false
      const wanted = Buffer.from(hashOf(userId, code))
      const known = await records.list(userId, "recovery")
      const found = known.find(({ secret }) => secret !== undefined && timingSafeEqual(Buffer.from(secret), wanted))
      if (found === undefined) return false
      // Of several at the same time the first takes it out of use; its deletion tells history.
      const { count } = await database.query(consume, [found.id])
      if (count === 0) return false
      await records.remove("a recovery code was used", [found])
      await rates.giveBack(key, wrongCodes)
      await notices.tell(userId, { about: "recovery_code_used", left: known.length - 1 })
      return true
    },
  }
}

function newCode(): string {
  const characters = Array.from({ length: CHARACTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")
  return characters.replaceAll(/.{4}(?!$)/g, "$&-")
}

const consume = {
  name: "identity_recovery_code_consume",
  text: "update credentials set confirmed = false, last_used_at = now(), version = version + 1 where id = $1 and confirmed",
}
