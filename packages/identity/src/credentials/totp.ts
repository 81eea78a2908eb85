import type { Database } from "@archipel/data"
import { Secret, TOTP } from "otpauth"
import type { Accounts } from "./accounts.ts"
import type { CredentialRecord, CredentialRecords } from "./credential-records.ts"
import type { Totp } from "./credentials.ts"
import type { Notices } from "./notices.ts"
import type { CredentialsParts } from "./parts.ts"
import type { RateLimit, Rates } from "./rates.ts"
import type { RecoveryCodeStore } from "./recovery-codes.ts"

const PERIOD_SECONDS = 30
/** Steps of tolerance to both sides, for clocks that are not right. */
const TOLERANCE = 1
const SECRET_BYTES = 20
/** Per account and network. */
export const wrongTotpCodes: RateLimit = { per: 5, seconds: 300 }
/** Per account over all networks: only who knows the password comes here, and 30 tries a day find one code in a century. */
export const wrongTotpCodesOfAll: RateLimit = { per: 30, seconds: 86_400 }
const warnings: RateLimit = { per: 1, seconds: 86_400 }

export interface TotpStore extends Totp {
  check(userId: string, code: string, network: string): Promise<boolean>
}

interface TotpTools {
  readonly accounts: Accounts
  readonly records: CredentialRecords
  readonly rates: Rates
  readonly recoveryCodes: RecoveryCodeStore
  readonly notices: Notices
}

const keyOf = (userId: string): string => `totp:${userId}`
const newKeyOf = (userId: string): string => `totp-new:${userId}`

export function createTotp(parts: CredentialsParts, tools: TotpTools): TotpStore {
  const { accounts, records, rates, recoveryCodes, notices } = tools
  const { database, now, product = "Archipel" } = parts

  const stepOf = (record: CredentialRecord, code: string): number | undefined => {
    if (record.secret === undefined) return undefined
    const timestamp = now().getTime()
    const totp = new TOTP({ secret: Secret.fromBase32(record.secret), period: PERIOD_SECONDS })
    const token = code.replaceAll(/\s/g, "")
    const delta = /^\d{6}$/.test(token) ? totp.validate({ token, timestamp, window: TOLERANCE }) : null
    return delta === null ? undefined : Math.floor(timestamp / 1_000 / PERIOD_SECONDS) + delta
  }
  /** Counts a code as wrong before it is looked at; a right one is taken off again. */
  const counted = async (userId: string, network: string, look: () => Promise<boolean>): Promise<boolean> => {
    const one = `totp:${userId}:${network}`
    const all = `totp:${userId}`
    if (!(await rates.take(one, wrongTotpCodes)).ok) return false
    if (!(await rates.take(all, wrongTotpCodesOfAll)).ok) {
      if ((await rates.take(`totp.warning:${userId}`, warnings)).ok)
        await notices.tell(userId, { about: "second_factor_guessed" })
      return false
    }
    if (!(await look())) return false
    await rates.giveBack(one, wrongTotpCodes)
    await rates.giveBack(all, wrongTotpCodesOfAll)
    return true
  }
  const current = async (userId: string, state?: "unconfirmed"): Promise<CredentialRecord | undefined> => {
    const key = state === undefined ? keyOf(userId) : newKeyOf(userId)
    return (await records.list(userId, "totp", state)).find(({ externalKey }) => externalKey === key)
  }

  return {
    async begin(userId) {
      const account = await accounts.byId(userId)
      const secret = new Secret({ size: SECRET_BYTES })
      await records.put("a user began to add an authenticator app", {
        userId,
        kind: "totp",
        externalKey: newKeyOf(userId),
        secret: secret.base32,
        confirmed: false,
      })
      const label = account?.email ?? userId
      return {
        uri: new TOTP({ issuer: product, label, secret, period: PERIOD_SECONDS }).toString(),
        secret: secret.base32,
      }
    },
    async confirm(userId, code, network) {
      const begun = await current(userId, "unconfirmed")
      if (begun?.secret === undefined) return undefined
      const { secret } = begun
      let step: number | undefined
      const isRight = await counted(userId, network, async () => {
        step = stepOf(begun, code)
        // Of several at the same time one may go on; and this code is used up.
        return step !== undefined && (await useStep(database, begun, step, "unconfirmed"))
      })
      if (!isRight) return undefined
      const reason = "a user added an authenticator app"
      await records.remove(reason, [begun])
      const counter = String(step)
      await records.put(reason, { userId, kind: "totp", externalKey: keyOf(userId), secret, counter })
      const codes = await recoveryCodes.make(userId, reason)
      await notices.tell(userId, { about: "totp_added" })
      return codes
    },
    check: (userId, code, network) =>
      counted(userId, network, async () => {
        const record = await current(userId)
        const step = record && stepOf(record, code)
        return record !== undefined && step !== undefined && useStep(database, record, step, "confirmed")
      }),
    async remove(userId) {
      const reason = "a user removed the authenticator app"
      const known = await records.list(userId, "totp")
      await records.remove(reason, [...known, ...(await records.list(userId, "totp", "unconfirmed"))])
      if ((await records.list(userId, "passkey")).length === 0) await recoveryCodes.removeAll(userId, reason)
      if (known.length > 0) await notices.tell(userId, { about: "totp_removed" })
    },
  }
}

/** Whether this is the first use of a step or of a later one; one statement, so of several at the same time one is. */
async function useStep(
  database: Database,
  { id }: CredentialRecord,
  step: number,
  state: "confirmed" | "unconfirmed",
): Promise<boolean> {
  const { count } = await database.query(use, [id, String(step), state === "confirmed"])
  return count > 0
}

const use = {
  name: "identity_totp_use",
  text: `update credentials set counter = $2, last_used_at = now() where id = $1 and counter < $2::bigint and confirmed = $3`,
}
