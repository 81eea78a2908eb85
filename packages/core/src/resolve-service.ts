import { type Catalog, type ColumnMember, DefinitionError, type Member, type ResolvedModel } from "./catalog.ts"
import type { ContractDefinition } from "./definition.ts"
import { ArchipelError, kindOf } from "./errors.ts"
import { bindWhere, ruleScope } from "./gate/bind-where.ts"
import { always, type Condition } from "./gate/condition.ts"
import type { Logic, Statement } from "./logic.ts"
import { serviceMistakes } from "./settle/check-service.ts"
import type {
  ModelBehaviour,
  ResolvedCheck,
  ResolvedCompute,
  ResolvedGrant,
  ResolvedInvocation,
  ResolvedLock,
  ResolvedRestriction,
  ResolvedRollup,
  ResolvedSuggestion,
  ServiceDefinition,
} from "./service-definition.ts"

/** Collects what is wrong while one model's statements are resolved. */
class Resolver {
  readonly model: ResolvedModel
  readonly mistakes: string[]
  readonly roles: ReadonlySet<string>

  constructor(model: ResolvedModel, roles: ReadonlySet<string>, mistakes: string[]) {
    this.model = model
    this.roles = roles
    this.mistakes = mistakes
  }

  say(what: string): void {
    this.mistakes.push(`${this.model.name}: ${what}`)
  }

  where(
    where: "all" | object,
    what: string,
    model: ResolvedModel = this.model,
    options: { before?: boolean } = {},
  ): Condition {
    if (where === "all") return always
    if (Object.keys(where).length === 0) {
      this.say(`${what} has an empty condition, which says nothing.`)
      return always
    }
    try {
      return bindWhere(model, where, ruleScope(options))
    } catch (error) {
      if (!(error instanceof ArchipelError)) throw error
      this.say(`${what}: ${kindOf(error.code).detail(error.details)}`)
      return always
    }
  }

  role(role: string): string {
    if (!this.roles.has(role))
      this.say(`there is no role "${role}"; the contract declares ${[...this.roles].join(", ") || "none"}.`)
    return role
  }

  column(name: string, what: string): ColumnMember | undefined {
    const member: Member | undefined = this.model.members.get(name)
    if (member?.kind === "field" || member?.kind === "one") return member
    this.say(`${what} names "${name}", which is no field of it.`)
    return undefined
  }

  members(names: readonly string[], what: string): ReadonlySet<string> {
    for (const name of names)
      if (!this.model.members.has(name)) this.say(`${what} names "${name}", which is no field of it.`)
    return new Set(names)
  }

  columns(names: readonly string[], what: string): ReadonlySet<string> {
    for (const name of names) this.column(name, what)
    return new Set(names)
  }
}

function grantedFields(
  r: Resolver,
  fields: Extract<Statement, { kind: "grant" }>["fields"],
): "all" | ReadonlySet<string> {
  if (fields === undefined) return "all"
  if ("except" in fields) {
    const except = r.members(fields.except, "a grant")
    return new Set([...r.model.members.keys()].filter((name) => !except.has(name)))
  }
  return r.members(fields as readonly string[], "a grant")
}

function resolveModel(
  model: ResolvedModel,
  statements: readonly Statement[],
  roles: ReadonlySet<string>,
  mistakes: string[],
): ModelBehaviour {
  const r = new Resolver(model, roles, mistakes)
  const grants: ResolvedGrant[] = []
  const restrictions: ResolvedRestriction[] = []
  const computes: ResolvedCompute[] = []
  const rollups: ResolvedRollup[] = []
  const suggestions: ResolvedSuggestion[] = []
  const checks: ResolvedCheck[] = []
  const warnings: ResolvedCheck[] = []
  const invocations = new Map<string, ResolvedInvocation>()
  const locks: ResolvedLock[] = []

  for (const [code, where] of Object.entries(model.checks)) r.where(where, `the check "${code}" of its contract`)
  for (const [index, s] of statements.entries()) {
    const id = `${model.name}#${index + 1}`
    if (s.kind === "grant") {
      const where = r.where(s.where, `the grant to ${s.role}`)
      grants.push({
        id,
        role: r.role(s.role),
        operations: new Set(s.operations),
        where,
        check: s.check ? r.where(s.check, `the check of the grant to ${s.role}`, model, { before: true }) : where,
        fields: grantedFields(r, s.fields),
        readOnly: r.columns(s.readOnly ?? [], "a grant"),
      })
    } else if (s.kind === "restrict") {
      restrictions.push({ id, where: r.where(s.where, "a restriction"), why: s.why })
    } else if (s.kind === "lock") {
      locks.push({ when: r.where(s.when, "a lock"), except: r.columns(s.except, "a lock"), why: s.why })
    } else if (s.kind === "check") {
      checks.push({ code: s.code, dependencies: s.dependencies, run: s.run })
    } else if (s.kind === "warn") {
      warnings.push({ code: s.code, dependencies: s.dependencies, run: s.run })
    } else if (s.kind === "compute" || s.kind === "suggest") {
      const field = r.column(s.field, `a ${s.kind}`)
      if (!field) continue
      if (s.kind === "compute") computes.push({ field, dependencies: s.dependencies, run: s.run })
      else suggestions.push({ field, dependencies: s.dependencies, run: s.run, sticky: s.sticky })
    } else if (s.kind === "rollup") {
      const field = r.column(s.field, "a rollup")
      const over = model.members.get(s.over)
      if (over?.kind !== "many" && over?.kind !== "manyToMany") {
        r.say(`the rollup ${s.field} goes over "${s.over}", which is no list of it.`)
        continue
      }
      const of = s.of === undefined ? undefined : over.target.members.get(s.of)
      if (of !== undefined && of.kind !== "field" && of.kind !== "one")
        r.say(`the rollup ${s.field} aggregates a list.`)
      if (s.of !== undefined && of === undefined)
        r.say(`the rollup ${s.field} aggregates "${s.of}", which ${over.target.name} does not have.`)
      if (!field) continue
      const where = s.where ? r.where(s.where, `the rollup ${s.field}`, over.target) : always
      rollups.push({ field, aggregate: s.aggregate, over, where, ...(of ? { of: of as ColumnMember } : {}) })
    } else if (s.kind === "on") {
      invocations.set(s.name, resolveInvocation(r, s))
    }
  }
  return {
    model,
    owner: model.owner,
    grants,
    restrictions,
    computes,
    rollups,
    suggestions,
    checks,
    warnings,
    invocations,
    locks,
  }
}

function resolveInvocation(r: Resolver, s: Extract<Statement, { kind: "on" }>): ResolvedInvocation {
  let transition: ResolvedInvocation["transition"]
  for (const member of r.model.columns) {
    const found = member.kind === "field" ? member.transitions?.[s.name] : undefined
    if (found) transition = { ...found, field: member }
  }
  if (!transition && !r.model.actions.has(s.name))
    r.say(`.on("${s.name}") is neither a transition nor an action of its contract.`)
  return {
    name: s.name,
    by: new Set(s.by.map((role) => r.role(role))),
    where: s.where ? r.where(s.where, `.on("${s.name}")`) : always,
    notBy: s.notBy === undefined ? undefined : r.column(s.notBy, `.on("${s.name}")`),
    needs: s.needs,
    run: s.run,
    transition,
  }
}

/**
 * One service's contract and logic, with all names resolved.
 *
 * @throws DefinitionError naming every mistake: unknown roles, fields and conditions that do not fit, transitions without logic,
 *   models that nobody is granted.
 */
export function resolveService(
  contract: ContractDefinition,
  logics: readonly Pick<Logic<string>, "model" | "statements">[],
  catalog: Catalog,
): ServiceDefinition {
  const mistakes: string[] = []
  const roles = new Set(contract.roles.map((role) => `${contract.name}.${role}`))
  const statements = new Map<string, Statement[]>()
  for (const part of logics) {
    if (!part.model.startsWith(`${contract.name}.`))
      mistakes.push(`logic("${part.model}") does not belong to the service ${contract.name}.`)
    statements.set(part.model, [...(statements.get(part.model) ?? []), ...part.statements])
  }
  const models = new Map<string, ModelBehaviour>()
  for (const model of catalog.models.values()) {
    if (model.service !== contract.name) continue
    models.set(model.name, resolveModel(model, statements.get(model.name) ?? [], roles, mistakes))
  }
  const service: ServiceDefinition = { name: contract.name, contract, catalog, roles, models }
  mistakes.push(...serviceMistakes(service))
  if (mistakes.length > 0) throw new DefinitionError(mistakes)
  return service
}
