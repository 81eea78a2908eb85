import type { Db, Id } from "@archipel/core"
import type { Database } from "@archipel/data"
import type { Post } from "../mail/post.ts"
import type { Secrets } from "@archipel/server"

/** What credentials are made of; the service that runs them has it. */
export interface CredentialsParts {
  /** With the rights of the system; the reason is part of the history of what is changed. */
  readonly db: (reason: string) => Db
  /** The same data, for statements that decide and change in one. */
  readonly database: Database
  readonly secrets: Secrets
  readonly now: () => Date
  /** Origin of people's pages, without a trailing slash: for links, and where passkeys belong to. */
  readonly publicUrl: string
  /** The program's name in mails and authenticator apps. "Archipel" when left out. */
  readonly product?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isDevelopment: boolean
  readonly post: Post
  readonly log: {
    error(message: string, error: unknown, about?: Readonly<Record<string, string>>): void
    info(message: string, about?: Readonly<Record<string, string | number>>): void
  }
  /** Ends all logins of a user at once, with their refresh tokens, but for one session (its `sid`). */
  readonly endSessions: (userId: string, except?: string) => Promise<void>
}

export type UserId = Id<"identity.User">
export type CredentialId = Id<"identity.Credential">

/** An id that came as text, such as out of a token; that there is such a user is for the database to say. */
export const userKey = (id: string): UserId => id as UserId
