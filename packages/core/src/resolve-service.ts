import { type Catalog, type ColumnMember, DefinitionError, type Member, type ResolvedModel } from "./catalog.ts"
import type { ContractDefinition } from "./definition.ts"
import { ArchipelError, kindOf } from "./errors.ts"
import { bindWhere, ruleScope } from "./gate/bind-where.ts"
import { always, anyOf, type Condition, not } from "./gate/condition.ts"
import { COMPANIES_CLAIM, PUBLIC_ROLE } from "./gate/principal.ts"
import { modelsMirroredIn } from "./gate/mirrors-used.ts"
import type { Logic, Statement } from "./logic.ts"
import type { MirrorDefinition } from "./mirror.ts"
import { type ResolvedMirrors, resolveMirrors } from "./resolve-mirrors.ts"
import { type Presentation, presentationMistakes } from "./resolve-presentation.ts"
import { serviceMistakes } from "./settle/check-service.ts"
import type {
  ModelBehaviour,
  ResolvedCheck,
  ResolvedCompute,
  ResolvedGrant,
  ResolvedInvocation,
  ResolvedLock,
  ResolvedPreset,
  ResolvedRestriction,
  ResolvedRollup,
  ResolvedSuggestion,
  ServiceDefinition,
} from "./service-definition.ts"

/** What the statements of all models have in common. */
interface Surroundings {
  readonly roles: ReadonlySet<string>
  readonly mirrors: ResolvedMirrors
  readonly mistakes: string[]
}

/** Collects what is wrong while one model's statements are resolved. */
class Resolver {
  readonly model: ResolvedModel
  readonly mistakes: string[]
  readonly roles: ReadonlySet<string>
  readonly mirrors: ResolvedMirrors

  constructor(model: ResolvedModel, { roles, mirrors, mistakes }: Surroundings) {
    this.model = model
    this.roles = roles
    this.mirrors = mirrors
    this.mistakes = mistakes
  }

  say(what: string): void {
    this.mistakes.push(`${this.model.name}: ${what}`)
  }

  where(
    where: "all" | object,
    what: string,
    model: ResolvedModel = this.model,
    options: { before?: boolean; mirrors?: ResolvedMirrors } = { mirrors: this.mirrors },
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
    if (!this.roles.has(role) && role !== PUBLIC_ROLE)
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

/** Gives each rule an id of what it says; a second one that says the same of other rows gets a number. */
class RuleIds {
  readonly #model: string
  readonly #known = new Map<string, number>()

  constructor(model: string) {
    this.#model = model
  }

  next(kind: string): string {
    const id = `${this.#model}/${kind}`
    const count = (this.#known.get(id) ?? 0) + 1
    this.#known.set(id, count)
    return count === 1 ? id : `${id}#${count}`
  }
}

/** A role as a part of a rule's id: of its own service without the service's name. */
const shortRole = (role: string): string => role.slice(role.indexOf(".") + 1)
const operationWords = (operations: readonly string[]): string =>
  operations.length === 4
    ? "all"
    : operations.toSorted((a, b) => OPERATIONS.indexOf(a) - OPERATIONS.indexOf(b)).join("+")
const OPERATIONS: readonly string[] = ["read", "create", "update", "delete"]
const slug = (why: string): string =>
  why
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, 60)

/** That a row's company is among those of who asks. */
function companyRestriction(model: ResolvedModel): ResolvedRestriction | undefined {
  if (!model.company) return undefined
  const { member, sharedWhenNull } = model.company
  const operand = { kind: "claim", name: COMPANIES_CLAIM } as const
  const own: Condition = { kind: "compare", member, comparison: "in", operand, readable: always }
  const none = not({ kind: "isSet", member, readable: always })
  return {
    id: `${model.name}/company`,
    where: sharedWhenNull ? anyOf([none, own]) : own,
    why: "A record belongs to a company.",
  }
}

const SETTABLE: ReadonlySet<string> = new Set(["client", "suggestion"])

function presetsOf(r: Resolver, s: Extract<Statement, { kind: "grant" }>): ReadonlyMap<string, ResolvedPreset> {
  const presets = new Map<string, ResolvedPreset>()
  if (s.presets === undefined) return presets
  const what = `a preset of the grant to ${s.role}`
  if (!s.operations.includes("create") && !s.operations.includes("update"))
    r.say(`${what} has no effect: the grant is neither for create nor for update.`)
  for (const [name, value] of Object.entries(s.presets)) {
    const member = r.column(name, what)
    if (!member) continue
    if (!SETTABLE.has(member.writtenBy)) {
      r.say(`${what} names "${name}", which ${member.writtenBy === "compute" ? "logic" : "the framework"} writes.`)
      continue
    }
    if (value === null && !member.optional) r.say(`${what} leaves "${name}" empty, which is required.`)
    const holds = r.where({ [name]: value as object }, what)
    if (value === null) presets.set(name, { member, operand: { kind: "constant", value: null }, holds })
    else if (holds.kind === "compare" && holds.comparison === "eq")
      presets.set(name, { member, operand: holds.operand, holds })
    else if (holds.kind !== "true") r.say(`${what}: "${name}" takes one value, me, claim(…) or today(…).`)
  }
  return presets
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

function resolveModel(model: ResolvedModel, statements: readonly Statement[], around: Surroundings): ModelBehaviour {
  const r = new Resolver(model, around)
  const grants: ResolvedGrant[] = []
  const restrictions: ResolvedRestriction[] = []
  const computes: ResolvedCompute[] = []
  const rollups: ResolvedRollup[] = []
  const suggestions: ResolvedSuggestion[] = []
  const checks: ResolvedCheck[] = []
  const warnings: ResolvedCheck[] = []
  const invocations = new Map<string, ResolvedInvocation>()
  const locks: ResolvedLock[] = []

  for (const [code, where] of Object.entries(model.checks))
    r.where(where, `the check "${code}" of its contract`, model, {})
  const ids = new RuleIds(model.name)
  const company = companyRestriction(model)
  if (company) restrictions.push(company)
  for (const s of statements) {
    if (s.kind === "grant") {
      const where = r.where(s.where, `the grant to ${s.role}`)
      grants.push({
        id: ids.next(`grant/${shortRole(s.role)}/${operationWords(s.operations)}`),
        role: r.role(s.role),
        operations: new Set(s.operations),
        where,
        check: s.check
          ? r.where(s.check, `the check of the grant to ${s.role}`, model, {
              before: true,
              mirrors: r.mirrors,
            })
          : where,
        fields: grantedFields(r, s.fields),
        readOnly: r.columns(s.readOnly ?? [], "a grant"),
        presets: presetsOf(r, s),
      })
    } else if (s.kind === "restrict") {
      restrictions.push({
        id: ids.next(`restrict/${slug(s.why)}`),
        where: r.where(s.where, "a restriction"),
        why: s.why,
      })
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
      // Without mirrors: what is stored would not follow them.
      const where = s.where ? r.where(s.where, `the rollup ${s.field}`, over.target, {}) : always
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
    id: `${r.model.name}/on/${s.name}`,
    name: s.name,
    by: new Set(s.by.map((role) => r.role(role))),
    where: s.where ? r.where(s.where, `.on("${s.name}")`) : always,
    notBy: s.notBy === undefined ? undefined : r.column(s.notBy, `.on("${s.name}")`),
    needs: s.needs,
    run: s.run,
    transition,
  }
}

/** The conditions of all rules of a model. */
const conditionsOf = (behaviour: ModelBehaviour): Condition[] => [
  ...behaviour.grants.flatMap(({ where, check }) => [where, check]),
  ...behaviour.restrictions.map(({ where }) => where),
  ...behaviour.locks.map(({ when }) => when),
  ...[...behaviour.invocations.values()].map(({ where }) => where),
]

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
  options: {
    readonly explain?: readonly string[]
    readonly mirrors?: readonly { readonly definition: MirrorDefinition }[]
  } & Presentation = {},
): ServiceDefinition {
  const mistakes: string[] = []
  const roles = new Set(contract.roles.map((role) => `${contract.name}.${role}`))
  const mirrored = (options.mirrors ?? []).map(({ definition }) => definition)
  const mirrors = resolveMirrors(contract.name, mirrored, catalog, roles, mistakes)
  const around: Surroundings = { roles, mirrors, mistakes }
  const statements = new Map<string, Statement[]>()
  for (const part of logics) {
    if (!part.model.startsWith(`${contract.name}.`))
      mistakes.push(`logic("${part.model}") does not belong to the service ${contract.name}.`)
    statements.set(part.model, [...(statements.get(part.model) ?? []), ...part.statements])
  }
  const models = new Map<string, ModelBehaviour>()
  for (const model of catalog.models.values()) {
    if (model.service !== contract.name) continue
    models.set(model.name, resolveModel(model, statements.get(model.name) ?? [], around))
  }
  for (const role of options.explain ?? []) {
    if (!roles.has(role)) mistakes.push(`${contract.name}: "${role}" may explain, but there is no such role.`)
  }
  const all = [...models.values()]
  const service: ServiceDefinition = {
    name: contract.name,
    contract,
    catalog,
    roles,
    models,
    mirrors,
    ruledBy: new Set(all.flatMap(conditionsOf).flatMap(modelsMirroredIn)),
    explain: new Set(options.explain),
    views: new Map((options.views ?? []).map((view) => [view.model, view])),
    words: new Map((options.translations ?? []).flatMap(({ languages }) => Object.entries(languages))),
    isPublic: [...all, ...mirrors.behaviours.values()].some(
      ({ grants, invocations }) =>
        grants.some(({ role }) => role === PUBLIC_ROLE) ||
        [...invocations.values()].some(({ by }) => by.has(PUBLIC_ROLE)),
    ),
    hasCompanies: all.some(({ model }) => model.company !== undefined),
  }
  mistakes.push(...serviceMistakes(service), ...presentationMistakes(service, options))
  if (mistakes.length > 0) throw new DefinitionError(mistakes)
  return service
}
