import type { ModelBehaviour, ResolvedGrant, ResolvedInvocation, ServiceDefinition } from "../service-definition.ts"
import type { Operation } from "../logic.ts"
import { conditionWords, operandWords } from "./condition-words.ts"
import { PUBLIC_ROLE } from "./principal.ts"

const OPERATIONS: readonly Operation[] = ["read", "create", "update", "delete"]

/** Which fields a grant covers, the shorter way round. */
function fieldWords(grant: ResolvedGrant, behaviour: ModelBehaviour): string {
  const names = [...behaviour.model.members.keys()].filter((name) => name !== "id")
  const { fields } = grant
  if (fields === "all") return "all fields"
  const covered = names.filter((name) => fields.has(name))
  const others = names.filter((name) => !fields.has(name))
  if (others.length === 0) return "all fields"
  return others.length < covered.length ? `all fields but ${others.join(", ")}` : `only ${covered.join(", ") || "id"}`
}

function grantWords(grant: ResolvedGrant, operation: Operation, behaviour: ModelBehaviour): string {
  const rows = conditionWords(operation === "create" ? grant.check : grant.where)
  const parts = [`${operation}: ${rows}`]
  if (operation === "update" && grant.check !== grant.where) parts.push(`afterwards ${conditionWords(grant.check)}`)
  if (operation !== "delete") parts.push(fieldWords(grant, behaviour))
  if (operation === "create" || operation === "update") {
    if (grant.readOnly.size > 0) parts.push(`never writes ${[...grant.readOnly].join(", ")}`)
    const presets = [...grant.presets].map(([name, { operand }]) => `${name} = ${operandWords(operand)}`)
    if (presets.length > 0) parts.push(`sets ${presets.join(", ")}`)
  }
  return parts.join("; ")
}

function invocationWords({ name, where, notBy }: ResolvedInvocation): string {
  const parts = [`${name}: ${conditionWords(where)}`]
  if (notBy) parts.push(`never who is its ${notBy.name}`)
  return parts.join("; ")
}

function roleLines(role: string, behaviour: ModelBehaviour): string[] {
  const mine = behaviour.grants.filter((grant) => grant.role === role)
  const lines = OPERATIONS.flatMap((operation) =>
    mine.filter((grant) => grant.operations.has(operation)).map((grant) => grantWords(grant, operation, behaviour)),
  )
  const invocations = [...behaviour.invocations.values()].filter(({ by }) => by.has(role)).map(invocationWords)
  return [...lines, ...invocations]
}

function modelLines(behaviour: ModelBehaviour, roles: readonly string[]): string[] {
  const { model, owner, restrictions, locks, grants, invocations } = behaviour
  const lines: string[] = []
  if (owner) {
    const rest = grants.length === 0 ? "with the rights of that" : "and what is granted here"
    lines.push(`lines of ${owner.model.name}.${owner.name}, ${rest}`)
  }
  for (const { where, why } of restrictions) lines.push(`only: ${conditionWords(where)} (${why})`)
  for (const { when, except, why } of locks) {
    const open = except.size > 0 ? `, but for ${[...except].join(", ")}` : ""
    lines.push(`locked: ${conditionWords(when)}${open} (${why})`)
  }
  const followsParent = owner !== undefined && grants.length === 0 && invocations.size === 0
  for (const role of followsParent ? [] : roles) {
    const own = roleLines(role, behaviour)
    lines.push(role, ...(own.length === 0 ? ["  nothing"] : own.map((line) => `  ${line}`)))
  }
  return [model.name, ...lines.map((line) => `  ${line}`), ""]
}

/**
 * Everything that a service's roles may, as text: by model and role, each operation with its rows in words and its fields. The same
 * rules give the same text, so that a change of rights is a change of a file that somebody reviews.
 */
export function rightsMatrix(service: ServiceDefinition): string {
  const roles = [...service.roles, ...(service.isPublic ? [PUBLIC_ROLE] : [])]
  const explain = service.explain.size === 0 ? "nobody" : [...service.explain].toSorted().join(", ")
  const models = [...service.models.values()].flatMap((behaviour) => modelLines(behaviour, roles))
  return [`Rights of the service ${service.name}`, "", `may ask why: ${explain}`, "", ...models].join("\n")
}
