import { type Db, logic } from "@archipel/core"
import { type Service, service } from "../service.ts"
import { developmentUsers } from "./development-users.ts"

/**
 * The users of a program in development as an ordinary service that nobody may write, so that references to users lead
 * somewhere. The identity service proper has the same model and takes over the same ids.
 */
export const developmentIdentity: Service = service("identity", {
  logic: [logic("identity.User").grant("identity.reader", ["read"], "all").grant("identity.admin", ["read"], "all")],
})

/** Makes the development users known, each under its fixed id; those that are there stay as they are. */
export async function seedDevelopmentUsers(
  db: Db,
  create: (id: string, values: { name: string; email: string }) => Promise<void>,
): Promise<void> {
  const known = new Set(
    (await db("identity.User").find({ select: ["id"], limit: 1_000 })).map(({ id }) => id as string),
  )
  for (const { id, name, email } of developmentUsers) if (!known.has(id)) await create(id, { name, email })
}
