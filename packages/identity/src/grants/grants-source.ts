import type { Database, Listening } from "@archipel/data"
import type { ServiceContracts } from "../apart/service-contracts.ts"
import { CHANNEL } from "./grants-schema.ts"
import { type Grant, loadClientGrant, loadGrant } from "./load-grants.ts"

/** What is told of changes. */
export type Told =
  /** What anybody may has changed. */
  | { readonly kind: "all" }
  /** From now on changes are told; any before were perhaps not. */
  | { readonly kind: "missed" }
  /** From now on they are not. */
  | { readonly kind: "lost" }
  /** What a user may has changed; "off": they are not active any more. */
  | { readonly kind: "user" | "off"; readonly user: string }

/** Where what everybody may is read from, and who tells of changes. */
export interface GrantsSource {
  /** Of a user or a service account. @throws whatever keeps the source from answering */
  user(id: string): Promise<Grant | undefined>
  client(clientId: string): Promise<Grant | undefined>
  /** Begins at once and never fails: while nobody tells, it is not connected. */
  listen(onTold: (told: Told) => void): Listening
}

/** Identity's own database. */
export const grantsOfDatabase = (database: Database, contracts: ServiceContracts): GrantsSource => ({
  user: (id) => loadGrant(database, id),
  client: (clientId) => loadClientGrant(database, clientId, contracts),
  listen: (onTold) =>
    database.listen({
      channel: CHANNEL,
      onConnected: () => onTold({ kind: "missed" }),
      onLost: () => onTold({ kind: "lost" }),
      onMessage(payload) {
        const [kind, user] = payload.split(" ", 2)
        if (user === undefined) onTold({ kind: "all" })
        else onTold({ kind: kind === "off" ? "off" : "user", user })
      },
    }),
})
