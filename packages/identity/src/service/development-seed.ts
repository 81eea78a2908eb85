import { type Db, type Id, systemPrincipal } from "@archipel/core"
import { developmentRoles, developmentUsers, type ServiceHost } from "@archipel/server"
import { rolesIn, type ServiceContracts } from "../apart/service-contracts.ts"

/** The groups of development, by the part that their members play. */
const groups = [
  { name: "Administrators", part: "administrator" },
  { name: "Managers", part: "manager" },
  { name: "Clerks", part: "clerk" },
] as const

/** Roles that nobody gets by a group: everybody has them. */
const isGiven = (role: string): boolean => role !== "identity.user"

/**
 * The users of development with their groups: made where they are missing, left alone where they are there. A role that no group has,
 * since its service is new, is given to those that would have had it from the start.
 *
 * @returns ids of the users that were made
 */
export async function seedDevelopment(
  host: Pick<ServiceHost, "as">,
  contracts: ReturnType<ServiceContracts["all"]>,
): Promise<readonly string[]> {
  const db = host.as(systemPrincipal("development users"))
  const missing = await missingUsers(db)
  await db("identity.User").createMany(
    missing.map(({ id, name, email }) => ({ id: id as Id<"identity.User">, name, email, emailVerified: true })),
  )
  await giveNewRoles(db, rolesIn(contracts).filter(isGiven))
  return missing.map(({ id }) => id)
}

async function missingUsers(db: Db) {
  const ids = developmentUsers.map(({ id }) => id as Id<"identity.User">)
  const known = new Set<string>(
    (await db("identity.User").find({ select: [], where: { id: { in: ids } } })).map(({ id }) => id),
  )
  return developmentUsers.filter(({ id }) => !known.has(id))
}

async function giveNewRoles(db: Db, declared: readonly string[]): Promise<void> {
  const given = await db("identity.Assignment").find({ select: ["role"], limit: 1_000 })
  const fresh = new Set(declared).difference(new Set(given.map(({ role }) => role)))
  if (fresh.size === 0) return
  const known = await db("identity.Group").find({
    select: ["name"],
    where: { name: { in: groups.map((g) => g.name) } },
  })
  const roles = developmentRoles(declared)
  // Of one service all at once: a role that one group has is not given to the others later.
  await db.transaction("identity", async (tx) => {
    for (const { name, part } of groups) {
      const assignments = roles[part].filter((role) => fresh.has(role)).map((role) => ({ role }))
      if (assignments.length === 0) continue
      const group = known.find((each) => each.name === name)
      const members = developmentUsers.filter((user) => user.part === part).map(({ id }) => id as Id<"identity.User">)
      if (group === undefined) await tx("identity.Group").create({ name, members, assignments })
      else await tx("identity.Group").update(group.id, { assignments })
    }
  })
}
