import { type ContractDefinition, knownContracts, logic } from "@archipel/core"
import "../contract.ts"

/**
 * Written with its group, so by who may change groups: administrators.
 *
 * @param told Contracts of services that this program did not import, by name, as far as they are known.
 */
export function assignmentLogic(told: ReadonlyMap<string, ContractDefinition>) {
  /** Whether some contract declares the role: "sales.manager". */
  const isRole = (name: string): boolean => {
    const [service = "", role = "", ...rest] = name.split(".")
    const declares = (contract: ContractDefinition | undefined): boolean => contract?.roles.includes(role) ?? false
    return rest.length === 0 && (declares(told.get(service)) || declares(knownContracts().get(service)))
  }
  return logic("identity.Assignment").check("assignment.unknown_role", ["role"], (a) => isRole(a.role))
}
