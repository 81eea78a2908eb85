import type { Database } from "@archipel/data"
import { addressValues } from "./accounts.ts"
import type { CredentialRecords } from "./credential-records.ts"
import type { Factor, SignInAnswer, SignInInput } from "./credentials.ts"
import { knownDevice } from "./device-token.ts"
import { normaliseEmail } from "./email-address.ts"
import type { Lockout } from "./lockout.ts"
import type { CredentialId, CredentialsParts } from "./parts.ts"
import type { PasswordHashes } from "./password-hashes.ts"
import type { RateLimit, Rates } from "./rates.ts"

/** Failures of one network over all accounts: an office may mistype, a list of stolen passwords gets nowhere. */
export const networkFailures: RateLimit = { per: 60, seconds: 600 }
/** Attempts on one account from places that its owner never logged in from. */
export const strangerAttempts: RateLimit = { per: 100, seconds: 86_400 }
/** A network is known where the owner logged in within this time. */
const KNOWN_DAYS = 90

export const strangerKey = (email: string): string => `sign-in.stranger:${normaliseEmail(email)}`

interface SignInTools {
  readonly records: CredentialRecords
  readonly hashes: PasswordHashes
  readonly rates: Rates
  readonly lockout: Lockout
}

/**
 * Checks a password. Every attempt is counted before it is looked at and makes the same statements and one hash, whoever it is for;
 * only a right one does more.
 */
export function createSignIn(
  { database, now, secrets }: CredentialsParts,
  { records, hashes, rates, lockout }: SignInTools,
): (input: SignInInput) => Promise<SignInAnswer> {
  const locked = (retryAfterSeconds: number) => ({ ok: false, code: "login.locked", retryAfterSeconds }) as const
  return async ({ email, password, network, device }) => {
    const account = normaliseEmail(email)
    const since = new Date(now().getTime() - KNOWN_DAYS * 86_400_000)
    const { rows } = await database.query<Row>(find, [...addressValues(email), network, since], { parse: true })
    const row = rows[0]
    const deviceName = knownDevice(secrets, now(), device, row?.user_id)
    const place = deviceName === undefined ? `network:${network}` : `device:${deviceName}`
    const isKnown = deviceName !== undefined || row?.is_known_network === true

    const byPlace = await lockout.reserve(account, place)
    if (!byPlace.ok) return locked(byPlace.retryAfterSeconds)
    const networkKey = `sign-in.network:${network}`
    const byNetwork = await rates.take(networkKey, networkFailures)
    if (!byNetwork.ok && deviceName === undefined) return locked(byNetwork.retryAfterSeconds)
    if (!isKnown) {
      const byAccount = await rates.take(strangerKey(email), strangerAttempts)
      if (!byAccount.ok) return locked(byAccount.retryAfterSeconds)
    }

    const hashed = row?.secret == null ? undefined : records.open("password", row.secret)
    const matches = await hashes.verify(hashed, password)
    if (!matches || row === undefined || !row.active) return { ok: false, code: "login.refused" }

    await lockout.succeed(account, place)
    if (byNetwork.ok) await rates.giveBack(networkKey, networkFailures)
    if (row.credential_id !== null) {
      await database.query(touch, [row.credential_id, now()])
      if (hashed !== undefined && hashes.isOutdated(hashed)) {
        const plain = await hashes.hash(password)
        const secret = { kind: "password", plain } as const
        await records.update("password hashed with today's parameters", row.credential_id, { secret })
      }
    }
    return { ok: true, userId: row.user_id, factors: await factorsOf(database, row.user_id) }
  }
}

/** What a user has to prove besides the password; recovery codes only stand in for one of the others. */
export async function factorsOf(database: Database, userId: string): Promise<readonly Factor[]> {
  const { rows } = await database.query<{ kind: Factor }>(factors, [userId])
  const found = rows.map(({ kind }) => kind)
  return found.some((kind) => kind !== "recovery") ? found : []
}

interface Row {
  readonly user_id: string
  readonly active: boolean
  readonly credential_id: CredentialId | null
  readonly secret: string | null
  readonly is_known_network: boolean
}

const find = {
  name: "identity_sign_in_find",
  text: `select u.id as user_id, u.active, c.id as credential_id, c.secret,
      exists (select from sessions s where s.user_id = u.id and s.network = $3 and s.created_at > $4) as is_known_network
    from users u left join credentials c on c.external_key = 'password:' || u.id and c.kind = 'password' and c.confirmed
    where u.email in ($1, $2) order by u.email = $1 desc limit 1`,
}
const touch = {
  name: "identity_credential_touch",
  text: "update credentials set last_used_at = $2 where id = $1",
}
const factors = {
  name: "identity_factors",
  text: `select distinct kind from credentials where user_id = $1 and confirmed and kind in ('totp', 'passkey', 'recovery')
    order by kind desc`,
}
