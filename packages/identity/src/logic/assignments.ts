import { knownContracts, logic } from "@archipel/core"
import "../contract.ts"

/** Whether a contract of the program declares the role: "sales.manager". */
function isRole(name: string): boolean {
  const [service = "", role = "", ...rest] = name.split(".")
  return rest.length === 0 && (knownContracts().get(service)?.roles.includes(role) ?? false)
}

/** Written with its group, so by who may change groups: administrators. */
export const assignment = logic("identity.Assignment").check("assignment.unknown_role", ["role"], (a) => isRole(a.role))
