import type { Db, Id } from "@archipel/core"

/** The users of a development system, in the order of their e-mail addresses. */
export async function developmentUsers(db: Db): Promise<readonly Id<"identity.User">[]> {
  const users = await db("identity.User").find({ select: ["email"], limit: 100 })
  return users.toSorted((a, b) => (a.email < b.email ? -1 : 1)).map(({ id }) => id)
}
