import { logic, systemPrincipal } from "@archipel/core"
import type { OpenServices } from "../open-services.ts"
import { type Service, service } from "../service.ts"
import { developmentUsers } from "./development-users.ts"

/**
 * The users of a program in development as an ordinary service that nobody may write, so that references to users lead
 * somewhere. The identity service proper has the same model and takes over the same ids.
 */
export const developmentIdentity: Service = service("identity", {
  logic: [
    logic("identity.User").grant("identity.reader", ["read"], "all").grant("identity.admin", ["read"], "all"),
    logic("identity.Company").grant("identity.reader", ["read"], "all").grant("identity.admin", ["read"], "all"),
  ],
})

/** Makes the development users known, each under its fixed id; those that are there stay as they are. Nothing if identity runs elsewhere. */
export async function seedDevelopmentUsers({ services }: Pick<OpenServices, "services">): Promise<void> {
  const identity = services.get("identity")
  if (!identity) return
  const system = systemPrincipal("development users")
  const context = { traceId: "0".repeat(32) }
  const ids = developmentUsers.map(({ id }) => id)
  const { data } = await identity.query(
    system,
    { model: "identity.User", select: ["id"], where: { id: { in: ids } } },
    context,
  )
  const known = new Set((JSON.parse(data) as { id: string }[]).map(({ id }) => id))
  for (const { id, name, email } of developmentUsers) {
    if (known.has(id)) continue
    await identity.change(system, { model: "identity.User", operation: "create", id, values: { name, email } }, context)
  }
}
