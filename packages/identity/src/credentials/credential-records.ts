import type { Secrets } from "@archipel/server"
import type { Factor } from "./credentials.ts"
import { type CredentialId, type CredentialsParts, userKey } from "./parts.ts"

/** Kinds of `identity.Credential`. */
export type CredentialKind = "password" | Factor

export interface CredentialRecord {
  readonly id: CredentialId
  readonly kind: CredentialKind
  readonly label: string | null
  readonly externalKey: string | null
  /** As it was before it was sealed; undefined if the program's secret is another one today. */
  readonly secret: string | undefined
  readonly version: number
  readonly createdAt: string
  readonly lastUsedAt: string | null
}

/**
 * The records of what proves who somebody is. Changes go through the model, so that history and events tell of them; secrets are sealed
 * before, so that these tell nothing more, and hashes of passwords are worth nothing without the program's own secret.
 */
export interface CredentialRecords {
  /** Confirmed ones, oldest first; at most 100. */
  list(userId: string, kind: CredentialKind, state?: "confirmed" | "unconfirmed"): Promise<readonly CredentialRecord[]>
  /** There is one password of a user, and one authenticator app: `password:` or `totp:` and the user's id is its key. */
  put(reason: string, record: NewCredential & { readonly externalKey: string }): Promise<void>
  /** @throws `record.duplicate` if there is one with the same key */
  putNew(reason: string, record: NewCredential): Promise<void>
  putMany(reason: string, records: readonly NewCredential[]): Promise<void>
  update(
    reason: string,
    id: CredentialId,
    patch: { readonly label?: string; readonly secret?: { readonly kind: CredentialKind; readonly plain: string } },
  ): Promise<void>
  remove(reason: string, records: readonly { readonly id: CredentialId }[]): Promise<void>
  seal(kind: CredentialKind, plain: string): string
  open(kind: CredentialKind, sealed: string): string | undefined
}

export interface NewCredential {
  readonly userId: string
  readonly kind: CredentialKind
  readonly secret: string
  readonly externalKey?: string
  readonly label?: string
  readonly counter?: string
  readonly confirmed?: boolean
}

const MAX_LISTED = 100

export function createCredentialRecords({ db, secrets, log }: CredentialsParts): CredentialRecords {
  const seal = (kind: CredentialKind, plain: string): string => secrets.seal(purposeOf(kind), plain)
  const open = (kind: CredentialKind, sealed: string): string | undefined => opened(secrets, log, kind, sealed)
  const valuesOf = ({ userId, kind, secret, confirmed = true, ...rest }: NewCredential) => ({
    user: userKey(userId),
    kind,
    secret: seal(kind, secret),
    confirmed,
    ...rest,
  })
  return {
    seal,
    open,
    async list(userId, kind, state = "confirmed") {
      const found = await db("read what proves who a user is")("identity.Credential").find({
        select: ["kind", "label", "externalKey", "secret", "version", "createdAt", "lastUsedAt"],
        where: { user: userKey(userId), kind, confirmed: state === "confirmed" },
        orderBy: ["createdAt"],
        limit: MAX_LISTED,
      })
      return found.map((record) => ({ ...record, secret: open(kind, record.secret) }))
    },
    async put(reason, record) {
      await db(reason)("identity.Credential").upsert(valuesOf(record), { key: ["externalKey"] })
    },
    async putNew(reason, record) {
      await db(reason)("identity.Credential").create(valuesOf(record))
    },
    async putMany(reason, records) {
      await db(reason)("identity.Credential").createMany(records.map(valuesOf))
    },
    async update(reason, id, { secret, ...patch }) {
      const sealed = secret === undefined ? {} : { secret: seal(secret.kind, secret.plain) }
      await db(reason)("identity.Credential").update(id, { ...patch, ...sealed })
    },
    async remove(reason, records) {
      if (records.length === 0) return
      await db(reason).transaction("identity", async (tx) => {
        for (const { id } of records) await tx("identity.Credential").delete(id)
      })
    },
  }
}

const purposeOf = (kind: CredentialKind): string => `credential.${kind}`

function opened(
  secrets: Secrets,
  log: CredentialsParts["log"],
  kind: CredentialKind,
  sealed: string,
): string | undefined {
  try {
    return secrets.open(purposeOf(kind), sealed)
  } catch (error) {
    // Sealed with another program secret: as good as not there, but somebody should know why nobody can log in.
    log.error("a credential cannot be opened", error, { kind })
    return undefined
  }
}
