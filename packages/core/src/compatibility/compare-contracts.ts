import type { ContractDefinition, MemberDefinition, ModelDefinition, TransitionDefinition } from "../definition.ts"
import { collectionName } from "../naming.ts"
import { compareInputs, compareMember, compareOutputs, isRequired } from "./compare-members.ts"
import { type ContractDifference, difference } from "./difference.ts"

/**
 * How a newer contract differs from an older one of the same service, sorted by path. What nobody sees of a contract (labels, columns,
 * tables, indexes, the order of things) makes no difference.
 */
export function compareContracts(older: ContractDefinition, newer: ContractDefinition): readonly ContractDifference[] {
  const found = compareRoles(older, newer)
  for (const [name, before] of Object.entries(older.models)) {
    const path = `${older.name}.${name}`
    const after = newer.models[name]
    if (after === undefined) found.push(difference("model.removed", path, "was removed"))
    else found.push(...compareModels(path, { name, before, after }))
  }
  for (const name of Object.keys(newer.models))
    if (!Object.hasOwn(older.models, name)) found.push(difference("model.added", `${older.name}.${name}`, "is new"))
  return found.toSorted((a, b) => (a.path === b.path ? 0 : a.path < b.path ? -1 : 1))
}

function compareRoles(older: ContractDefinition, newer: ContractDefinition): ContractDifference[] {
  const roleOf = (name: string): string => `${older.name}.${name}`
  return [
    ...older.roles
      .filter((role) => !newer.roles.includes(role))
      .map((role) => difference("role.removed", roleOf(role), "was removed: whoever has it may do nothing by it")),
    ...newer.roles
      .filter((role) => !older.roles.includes(role))
      .map((role) => difference("role.added", roleOf(role), "is new")),
  ]
}

interface Both {
  readonly name: string
  readonly before: ModelDefinition
  readonly after: ModelDefinition
}

function compareModels(path: string, both: Both): ContractDifference[] {
  const { name, before, after } = both
  const found: ContractDifference[] = []
  const [was, is] = [collectionName(name, before.plural), collectionName(name, after.plural)]
  if (was !== is) found.push(difference("model.address", path, `was at /${was} and is at /${is} now`))
  const keyText = (key: readonly string[]): string => key.join(", ")
  const keys = new Set(before.unique.map(keyText))
  for (const key of after.unique.map(keyText))
    if (!keys.has(key)) found.push(difference("model.rule", path, `has to be unique by ${key} now`))
  for (const [code, where] of Object.entries(after.checks))
    if (JSON.stringify(before.checks[code]) !== JSON.stringify(where))
      found.push(difference("model.rule", path, `has another check now, "${code}"`))
  return [...found, ...compareAllMembers(path, both), ...compareCalls(path, both)]
}

/** All that two members have in common where one is the other under a new name. */
const shapeOf = ({ label: _label, ...shape }: MemberDefinition): string => JSON.stringify(shape)

function compareAllMembers(path: string, { before, after }: Both): ContractDifference[] {
  const found: ContractDifference[] = []
  const added = Object.entries(after.members).filter(([name]) => !Object.hasOwn(before.members, name))
  for (const [name, member] of Object.entries(before.members)) {
    const now = after.members[name]
    if (now !== undefined) {
      for (const { kind, words } of compareMember(member, now)) found.push(difference(kind, `${path}.${name}`, words))
      continue
    }
    const alike = added.filter(([, other]) => shapeOf(other) === shapeOf(member)).map(([other]) => other)
    const hint =
      alike.length === 1 ? `; "${alike[0]}", which is new, is like it: on the wire a new name is another field` : ""
    found.push(difference("member.removed", `${path}.${name}`, `was removed${hint}`))
  }
  for (const [name, member] of added) {
    found.push(
      isRequired(member)
        ? difference("member.required", `${path}.${name}`, "is new, and records cannot be created without it")
        : difference("member.added", `${path}.${name}`, "is new"),
    )
  }
  return found
}

const transitionsOf = ({ members }: ModelDefinition): Readonly<Record<string, TransitionDefinition>> =>
  Object.assign({}, ...Object.values(members).map((member) => (member.kind === "field" ? member.transitions : {})))

function compareCalls(path: string, { before, after }: Both): ContractDifference[] {
  const found: ContractDifference[] = []
  const [were, are] = [transitionsOf(before), transitionsOf(after)]
  const at = (name: string): string => `${path}.$${name}`
  for (const [name, was] of Object.entries(were)) {
    const is = are[name]
    if (is !== undefined) found.push(...compareTransition(at(name), was, is))
    else if (!Object.hasOwn(after.actions, name)) found.push(difference("call.removed", at(name), "was removed"))
  }
  for (const [name, was] of Object.entries(before.actions)) {
    const is = after.actions[name]
    if (is !== undefined)
      found.push(...compareInputs(at(name), was.input, is.input), ...compareOutputs(at(name), was.output, is.output))
    else if (!Object.hasOwn(are, name)) found.push(difference("call.removed", at(name), "was removed"))
  }
  const known = { ...were, ...before.actions }
  for (const name of Object.keys({ ...are, ...after.actions }))
    if (!Object.hasOwn(known, name)) found.push(difference("call.added", at(name), "is new"))
  return found
}

function compareTransition(path: string, was: TransitionDefinition, is: TransitionDefinition): ContractDifference[] {
  const found = compareInputs(path, was.input, is.input)
  const lost = was.from.filter((state) => !is.from.includes(state))
  const gained = is.from.filter((state) => !was.from.includes(state))
  if (lost.length > 0) found.push(difference("call.changed", path, `does not start from ${lost.join(", ")} any more`))
  if (gained.length > 0) found.push(difference("call.widened", path, `also starts from ${gained.join(", ")}`))
  if (was.to !== is.to) found.push(difference("call.changed", path, `led to ${was.to} and leads to ${is.to} now`))
  return found
}
