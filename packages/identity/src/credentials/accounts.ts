import type { Database } from "@archipel/data"
import { normaliseEmail } from "./email-address.ts"

/** A user as login sees them. */
export interface Account {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly emailVerified: boolean
  readonly active: boolean
  readonly locale: string | null
}

export interface Accounts {
  byId(userId: string): Promise<Account | undefined>
  /** By the address as it is kept, or as it was typed. */
  byEmail(email: string): Promise<Account | undefined>
}

interface Row {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly email_verified: boolean
  readonly active: boolean
  readonly locale: string | null
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Whether a text can be the id of anything. */
export const isUuid = (text: string): boolean => UUID.test(text)

export function createAccounts(database: Database): Accounts {
  const one = async (statement: typeof byId, values: readonly unknown[]): Promise<Account | undefined> => {
    const { rows } = await database.query<Row>(statement, values, { parse: true })
    const row = rows[0]
    if (row === undefined) return undefined
    const { email_verified: emailVerified, ...rest } = row
    return { ...rest, emailVerified }
  }
  return {
    byId: async (userId) => (isUuid(userId) ? one(byId, [userId]) : undefined),
    byEmail: (email) => one(byEmail, addressValues(email)),
  }
}

/** Parameters of `addressMatches`: how the address is kept, and how it was typed. */
export const addressValues = (email: string): readonly [string, string] => [
  normaliseEmail(email).slice(0, 254),
  email.trim().slice(0, 254),
]

const columns = "id, name, email, email_verified, active, locale"
const byId = { name: "identity_account_by_id", text: `select ${columns} from users where id = $1` }
const byEmail = {
  name: "identity_account_by_email",
  text: `select ${columns} from users where email in ($1, $2) order by email = $1 desc limit 1`,
}
