import { type Id, systemPrincipal } from "@archipel/core"
import { createSecrets, developmentUsers, programSecret, type ServiceHost } from "@archipel/server"
import { rolesIn, type ToldContracts } from "../apart/service-contracts.ts"
import { createLinks } from "../credentials/links.ts"
import { DEVELOPMENT_PASSWORD } from "./prepare.ts"

/** How whoever started the program gets in: in development anybody, in production the first administrator and nobody after. */
export async function welcomePeople(host: ServiceHost, told: ToldContracts): Promise<readonly string[]> {
  const { hash } = createSecrets(await programSecret(host))
  const links = createLinks({ database: host.database, now: () => host.now(), hash })
  if (!host.isDevelopment) return firstAdministrator(host, links, told)
  const [administrator] = developmentUsers
  if (administrator === undefined) return []
  const secret = await links.make("login", { userId: administrator.id })
  const others = developmentUsers.map(({ email, part }) => `  ${email} (${part})`)
  return [
    `Log in at ${host.url}/account with the password "${DEVELOPMENT_PASSWORD}" as`,
    ...others,
    `or without a password, once and within 15 minutes, as the administrator: ${host.url}/account/link/${secret}`,
  ]
}

async function firstAdministrator(
  host: ServiceHost,
  links: ReturnType<typeof createLinks>,
  told: ToldContracts,
): Promise<readonly string[]> {
  const found = await host.database.text({ text: "select archipel.identity_has_admin()" })
  if (found === "t" || found === "true") return []
  const email = host.env["ARCHIPEL_ADMIN_EMAIL"]?.trim().toLowerCase()
  if (!email)
    return ["Nobody administers this program yet: start it with ARCHIPEL_ADMIN_EMAIL set to somebody's address."]
  const db = host.as(systemPrincipal("the first administrator"))
  const userId = await db.transaction("identity", async (tx) => {
    const [known] = await tx("identity.User").find({ select: [], where: { email }, limit: 1 })
    const id: Id<"identity.User"> = known?.id ?? (await tx("identity.User").create({ name: email, email })).id
    await tx("identity.User").update(id, { active: true })
    const name = "Administrators"
    const [group] = await tx("identity.Group").find({ select: ["assignments.role"], where: { name }, limit: 1 })
    const held = new Set<string>(group?.assignments.map(({ role }) => role))
    const assignments = rolesIn(new Map([...host.catalog.contracts, ...told]))
      .filter((role) => role.endsWith(".admin") && !held.has(role))
      .map((role) => ({ role }))
    if (group === undefined) await tx("identity.Group").create({ name, members: [id], assignments })
    else await tx("identity.Group").update(group.id, { members: { $add: [id] }, assignments })
    return id
  })
  const secret = await links.make("invite", { userId, email })
  return [
    `${email} is the first administrator. To choose a password, once and within 7 days: ${host.url}/account/invite/${secret}`,
  ]
}
