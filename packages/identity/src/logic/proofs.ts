/**
 * What proves who somebody is, and what the protocol keeps: written by the service itself, seen by administrators and in part by
 * whom it is about. Secrets are readable by nobody.
 *
 * @module
 */
import { logic, me } from "@archipel/core"
import "../contract.ts"

export const client = logic("identity.Client").grant("identity.admin", "all", "all", {
  fields: { except: ["secretHash"] },
})

export const credential = logic("identity.Credential")
  .grant("identity.admin", ["read", "delete"], "all", { fields: { except: ["secret"] } })
  .grant(
    "identity.user",
    ["read"],
    { user: me },
    { fields: ["user", "kind", "label", "confirmed", "lastUsedAt", "createdAt"] },
  )

/** Administrators end anybody's; what hangs on it follows (service/end-logins.ts). People end their own on their account's page. */
export const session = logic("identity.Session")
  .grant("identity.admin", ["read"], "all")
  .grant("identity.user", ["read"], { user: me })
  .on("end", {
    by: ["identity.admin"],
    where: { endedAt: { isSet: false } },
    async run({ id }, { now, asSystem }) {
      await asSystem("an administrator ends a session", (db) => db("identity.Session").update(id, { endedAt: now }))
    },
  })

export const externalLogin = logic("identity.ExternalLogin")
  .grant("identity.admin", ["read", "delete"], "all")
  .grant("identity.user", ["read"], { user: me })

export const link = logic("identity.Link").grant("identity.admin", ["read", "delete"], "all", {
  fields: { except: ["hash"] },
})

export const outgoingMail = logic("identity.OutgoingMail").grant("identity.admin", ["read", "delete"], "all", {
  fields: { except: ["content"] },
})

/** Deleting one lets who was locked out try again. */
export const attempt = logic("identity.Attempt").grant("identity.admin", ["read", "delete"], "all")

export const artifact = logic("identity.Artifact").grant("identity.admin", ["read"], "all", {
  fields: { except: ["payload", "handle"] },
})

export const signingKey = logic("identity.SigningKey").grant("identity.admin", ["read"], "all", {
  fields: { except: ["privateKey"] },
})
