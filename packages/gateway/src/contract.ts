import { contract, datetime, longText, model, one, text } from "@archipel/core"

/** A browser that is logged in. Its tokens stay here, encrypted; the browser has a random handle, of which this is the SHA-256. */
const session = model(
  {
    handle: text({ maxLength: 64 }).unique(),
    user: one("identity.User"),
    /** The `sid` of its tokens. */
    sid: text().index(),
    tokens: longText(),
    /** Until then one process renews the tokens, and the others wait for it. */
    renewingUntil: datetime().optional(),
    lastSeenAt: datetime(),
    idleUntil: datetime().index(),
    expiresAt: datetime().index(),
  },
  { title: "sid", discussion: false },
)

/** The gateway's own records: browsers' sessions. */
export const gateway = contract("gateway", { roles: ["admin"], models: { Session: session } })

declare module "@archipel/core" {
  interface Contracts {
    gateway: typeof gateway
  }
}
