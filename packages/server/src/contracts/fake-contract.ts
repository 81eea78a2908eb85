import {
  type ContractDefinition,
  type FieldDefinition,
  type Logic,
  type MemberDefinition,
  type ModelDefinition,
  PUBLIC_ROLE,
} from "@archipel/core"
import type { Service } from "../service.ts"

/**
 * A neighbour's contract as made-up records need it: the same fields and relations, but nothing is required, computed, unique or
 * checked, and any state may be written.
 */
export function fakeContract(contract: ContractDefinition): ContractDefinition {
  const models = Object.entries(contract.models).map(([name, model]) => [name, fakeModel(model)])
  return { name: contract.name, roles: contract.roles, models: Object.fromEntries(models) }
}

function fakeModel(model: ModelDefinition): ModelDefinition {
  const members = Object.entries(model.members).map(([name, member]) => [name, fakeMember(member)])
  return { ...model, members: Object.fromEntries(members), actions: {}, unique: [], indexes: [], checks: {} }
}

function fakeMember(member: MemberDefinition): MemberDefinition {
  if (member.kind === "many" || member.kind === "manyToMany") return member
  if (member.kind === "one") {
    const { default: _default, unique: _unique, ...rest } = member
    return { ...rest, writtenBy: "client", optional: true }
  }
  const { default: _default, unique: _unique, min: _min, max: _max, transitions: _transitions, ...rest } = member
  const { pattern: _pattern, gapless: _gapless, period: _period, assignedOn: _assignedOn, ...plain } = rest
  const type: FieldDefinition["type"] =
    plain.type === "states" ? "choice" : plain.type === "sequence" ? "text" : plain.type
  return { ...plain, type, writtenBy: "client", optional: true }
}

/** A service of which only the data is there, for everybody to read. */
export function fakeService(contract: ContractDefinition): Service {
  const logic = Object.keys(contract.models).map(
    (name): Pick<Logic<string>, "model" | "statements"> => ({
      model: `${contract.name}.${name}`,
      statements: [{ kind: "grant", role: PUBLIC_ROLE, operations: ["read"], where: "all" }],
    }),
  )
  return { name: contract.name, logic }
}
