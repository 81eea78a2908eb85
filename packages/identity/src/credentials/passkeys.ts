import type { Database } from "@archipel/data"
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server"
import type { Accounts } from "./accounts.ts"
import type { CredentialRecords } from "./credential-records.ts"
import type { Passkeys } from "./credentials.ts"
import type { Notices } from "./notices.ts"
import type { CredentialId, CredentialsParts } from "./parts.ts"
import type { RateLimit, Rates } from "./rates.ts"
import type { RecoveryCodeStore } from "./recovery-codes.ts"
import type { SingleUse } from "./single-use.ts"

const CHALLENGE_SECONDS = 300
const MAX_PASSKEYS = 20
const MAX_LABEL = 100
const MAX_ID_LENGTH = 1_400
const askedOptions: RateLimit = { per: 60, seconds: 300 }

/** What a credential's secret holds for a passkey. */
interface StoredPasskey {
  readonly publicKey: string
  readonly transports: readonly string[]
  readonly aaguid: string
  readonly isBackedUp: boolean
}

interface Challenge {
  readonly userId?: string
}

interface PasskeyTools {
  readonly accounts: Accounts
  readonly records: CredentialRecords
  readonly rates: Rates
  readonly recoveryCodes: RecoveryCodeStore
  readonly singleUse: SingleUse
  readonly notices: Notices
}

/** Loaded when somebody uses a passkey: it is large. */
const webauthn = () => import("@simplewebauthn/server")

const keyOf = (id: string): string => `passkey:${id}`
const labelOf = (label: string): string => label.trim().slice(0, MAX_LABEL) || "Passkey"

/** Passkeys that a browser finds by itself and that check who holds them: possession and person in one. */
export function createPasskeys(parts: CredentialsParts, tools: PasskeyTools): Passkeys {
  const { accounts, records, rates, recoveryCodes, singleUse, notices } = tools
  const { database, now, log, product = "Archipel" } = parts
  const origin = (): string => new URL(parts.publicUrl).origin
  const host = (): string => new URL(parts.publicUrl).hostname

  const transportsOf = (secret: string | undefined): string[] =>
    secret === undefined ? [] : [...(JSON.parse(secret) as StoredPasskey).transports]
  const described = async (userId: string): Promise<{ id: string; transports: string[] }[]> =>
    (await records.list(userId, "passkey")).map(({ externalKey, secret }) => ({
      id: (externalKey ?? "").slice(keyOf("").length),
      transports: transportsOf(secret),
    }))
  const ownRecord = async (userId: string, id: string) =>
    (await records.list(userId, "passkey")).find((record) => record.id === id)

  return {
    async list(userId) {
      return (await records.list(userId, "passkey")).map(({ id, label, createdAt, lastUsedAt }) => ({
        id,
        label,
        createdAt,
        lastUsedAt,
      }))
    },
    async registration(userId) {
      const account = await accounts.byId(userId)
      if (account === undefined) throw new TypeError("There is no such user.")
      const { generateRegistrationOptions } = await webauthn()
      const options = await generateRegistrationOptions({
        rpName: product,
        rpID: host(),
        userID: new Uint8Array(Buffer.from(userId)),
        userName: account.email,
        userDisplayName: account.name,
        timeout: CHALLENGE_SECONDS * 1_000,
        excludeCredentials: await described(userId),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      })
      await singleUse.put("PasskeyRegistration", { userId }, CHALLENGE_SECONDS, options.challenge)
      return options
    },
    async register(userId, response, label) {
      const challenge = challengeOf(response)
      const made = challenge && (await singleUse.take<Challenge>("PasskeyRegistration", challenge))
      if (!made || made.userId !== userId) return { ok: false, code: "refused" }
      const known = await records.list(userId, "passkey")
      if (known.length >= MAX_PASSKEYS) return { ok: false, code: "too_many" }
      const { verifyRegistrationResponse } = await webauthn()
      const verified = await verifyRegistrationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: origin(),
        expectedRPID: host(),
        requireUserVerification: true,
      }).catch(() => undefined)
      if (!verified?.verified) return { ok: false, code: "refused" }
      const { credential, aaguid, credentialBackedUp } = verified.registrationInfo
      if (credential.id.length > MAX_ID_LENGTH || (await find(database, credential.id)) !== undefined)
        return { ok: false, code: "refused" }
      const stored: StoredPasskey = {
        publicKey: Buffer.from(credential.publicKey).toString("base64url"),
        transports: credential.transports ?? [],
        aaguid,
        isBackedUp: credentialBackedUp,
      }
      const reason = "a user added a passkey"
      const isFirstFactor = known.length === 0 && (await records.list(userId, "totp")).length === 0
      try {
        await records.putNew(reason, {
          userId,
          kind: "passkey",
          externalKey: keyOf(credential.id),
          label: labelOf(label),
          secret: JSON.stringify(stored),
          counter: String(credential.counter),
        })
      } catch (error) {
        if ((error as { code?: unknown }).code === "record.duplicate") return { ok: false, code: "refused" }
        throw error
      }
      const codes = isFirstFactor ? await recoveryCodes.make(userId, reason) : []
      await notices.tell(userId, { about: "passkey_added", label: labelOf(label) })
      return { ok: true, recoveryCodes: codes }
    },
    async assertion(network, userId) {
      if (!(await rates.take(`passkey.options:${network}`, askedOptions)).ok) return undefined
      const { generateAuthenticationOptions } = await webauthn()
      const options = await generateAuthenticationOptions({
        rpID: host(),
        timeout: CHALLENGE_SECONDS * 1_000,
        userVerification: "required",
        ...(userId === undefined ? {} : { allowCredentials: await described(userId) }),
      })
      await singleUse.put(
        "PasskeyAssertion",
        userId === undefined ? {} : { userId },
        CHALLENGE_SECONDS,
        options.challenge,
      )
      return options
    },
    async assert(response) {
      const challenge = challengeOf(response)
      const made = challenge && (await singleUse.take<Challenge>("PasskeyAssertion", challenge))
      if (!made || typeof response.id !== "string" || response.id.length > MAX_ID_LENGTH) return undefined
      const row = await find(database, response.id)
      const secret = row && records.open("passkey", row.secret)
      if (row === undefined || secret === undefined || !row.active) return undefined
      if (made.userId !== undefined && made.userId !== row.user_id) return undefined
      const { userHandle } = response.response
      // The authenticator says whose it is: without a user named before, it must.
      if (userHandle === undefined ? made.userId === undefined : decoded(userHandle) !== row.user_id) return undefined
      const stored = JSON.parse(secret) as StoredPasskey
      const { verifyAuthenticationResponse } = await webauthn()
      const verified = await verifyAuthenticationResponse({
        response,
        expectedChallenge: challenge,
        expectedOrigin: origin(),
        expectedRPID: host(),
        requireUserVerification: true,
        // The stored counter is compared below, where two answers at the same time are one after the other.
        credential: {
          id: response.id,
          publicKey: new Uint8Array(Buffer.from(stored.publicKey, "base64url")),
          counter: 0,
        },
      }).catch(() => undefined)
      if (!verified?.verified) return undefined
      const { count } = await database.query(advance, [row.id, String(verified.authenticationInfo.newCounter), now()])
      if (count === 0) {
        log.info("a passkey's counter went back: it may exist twice", { credential: row.id, user: row.user_id })
        await notices.tell(row.user_id, { about: "passkey_copied", label: row.label ?? "" })
        return undefined
      }
      return { userId: row.user_id }
    },
    async rename(userId, id, label) {
      const record = await ownRecord(userId, id)
      if (record) await records.update("a user renamed a passkey", record.id, { label: labelOf(label) })
    },
    async remove(userId, id) {
      const record = await ownRecord(userId, id)
      if (record === undefined) return
      const reason = "a user removed a passkey"
      await records.remove(reason, [record])
      const others = [...(await records.list(userId, "passkey")), ...(await records.list(userId, "totp"))]
      if (others.length === 0) await recoveryCodes.removeAll(userId, reason)
      await notices.tell(userId, { about: "passkey_removed", label: record.label ?? "" })
    },
  }
}

/** What the browser says it answers; whether that was asked is looked up, and the signature covers it. */
function challengeOf({ response }: RegistrationResponseJSON | AuthenticationResponseJSON): string | undefined {
  try {
    const data = JSON.parse(decoded(response.clientDataJSON)) as { readonly challenge?: unknown }
    return typeof data.challenge === "string" && data.challenge.length <= 100 ? data.challenge : undefined
  } catch {
    return undefined
  }
}

const decoded = (base64url: string): string => Buffer.from(base64url, "base64url").toString("utf8")

interface Row {
  readonly id: CredentialId
  readonly user_id: string
  readonly active: boolean
  readonly label: string | null
  readonly secret: string
}

async function find(database: Database, id: string): Promise<Row | undefined> {
  const { rows } = await database.query<Row>(byKey, [keyOf(id)], { parse: true })
  return rows[0]
}

const byKey = {
  name: "identity_passkey_by_key",
  text: `select c.id, c.user_id, u.active, c.label, c.secret from credentials c join users u on u.id = c.user_id
    where c.external_key = $1 and c.kind = 'passkey' and c.confirmed`,
}
/** Authenticators that do not count always say 0. */
const advance = {
  name: "identity_passkey_advance",
  text: `update credentials set counter = $2, last_used_at = $3
    where id = $1 and (counter < $2::bigint or (counter = 0 and $2::bigint = 0))`,
}
