/**
 * Why somebody may or may not: the same rules as the gate's, each for itself and in words.
 *
 * @module
 */
import type { Member } from "../catalog.ts"
import { ArchipelError } from "../errors.ts"
import type { Operation } from "../logic.ts"
import type { ModelBehaviour, ResolvedGrant, ServiceDefinition } from "../service-definition.ts"
import { mayWrite } from "./authorise-draft.ts"
import { type RowOperation, writeRights } from "./cell-rights.ts"
import { allOf, always, type Condition, not } from "./condition.ts"
import { conditionParts, conditionWords, failingWords } from "./condition-words.ts"
import { type Party, partiesOf, scopeCondition } from "./parties.ts"
import type {
  AccessDecision,
  AccessInquiry,
  AccessQuestion,
  CellDecision,
  ExplainedPrincipal,
  ExplainedRule,
} from "./explanation.ts"
import { chainOf, COMPANIES_CLAIM, type Principal } from "./principal.ts"
import { type ModelRights, type Rights, rightsOf } from "./rights.ts"
import { accessDenied } from "./rule-part.ts"

const ROW_OPERATIONS: ReadonlySet<string> = new Set(["read", "create", "update", "delete"])

interface Rule extends Omit<ExplainedRule, "holds" | "failing" | "rows"> {
  readonly condition: Condition
  /** Of a rule that refuses where it holds. */
  readonly refuses?: boolean
  readonly rows?: string
}

const partyName = ({ depth }: Party, principal: Principal): string => {
  const { kind, id } = chainOf(principal)[depth] ?? principal
  return depth === 0 ? kind : `${kind} ${id}`
}

/** What a grant asks of the row: of a create the row that is made. */
const grantRows = (grant: ResolvedGrant, operation: string): Condition =>
  operation === "create" ? allOf([grant.check, ...[...grant.presets.values()].map((p) => p.holds)]) : grant.where

function operationRules(behaviour: ModelBehaviour, operation: Operation, principal: Principal, rights: Rights): Rule[] {
  return partiesToTell(rights, principal).flatMap((party) =>
    behaviour.grants
      .filter((grant) => grant.operations.has(operation))
      .map((grant): Rule => {
        const held = party.roles.has(grant.role)
        const scope = held ? scopeCondition(behaviour.model, party, grant.role, operation) : always
        const condition = allOf([grantRows(grant, operation), scope])
        return { id: grant.id, kind: "grant", of: partyName(party, principal), role: grant.role, held, condition }
      }),
  )
}

function invocationRules(behaviour: ModelBehaviour, name: string, principal: Principal, rights: Rights): Rule[] {
  const invocation = behaviour.invocations.get(name)
  if (!invocation) return []
  const { id, by, where, notBy } = invocation
  const rules = partiesToTell(rights, principal).flatMap((party) =>
    [...by].map((role): Rule => {
      const held = party.roles.has(role)
      const condition = held ? scopeCondition(behaviour.model, party, role, name) : always
      return { id, kind: "transition", of: partyName(party, principal), role, held, condition }
    }),
  )
  if (where.kind !== "true") rules.push({ id: `${id}/where`, kind: "transition", held: true, condition: where })
  if (notBy) {
    const mine: Condition = {
      kind: "compare",
      member: notBy,
      comparison: "eq",
      operand: { kind: "me" },
      readable: always,
    }
    rules.push({ id: `${id}/notBy`, kind: "transition", held: true, condition: not(mine) })
  }
  return rules
}

/** All parties of the request, also those that take nothing away: an explanation leaves nobody out. */
const partiesToTell = (rights: Rights, principal: Principal): readonly Party[] =>
  rights.system ? [] : partiesOf(rights.service, principal)

function commonRules(behaviour: ModelBehaviour, own: ModelRights, rights: Rights, operation: string): Rule[] {
  const rules: Rule[] = own.restrictions.map(({ id, where }) => ({
    id,
    kind: "restriction",
    held: true,
    condition: where,
  }))
  const { model, owner } = behaviour
  if (owner) {
    const parent = rights.of(owner.model)
    const where = allOf([parent.read, parent.readable(owner)])
    const condition: Condition = { kind: "one", member: owner.inverse, where, readable: always }
    const rows = `its ${owner.inverse.name} may be seen with its ${owner.name}`
    rules.push({ id: `${model.name}/parent`, kind: "parent", held: true, condition, rows })
  }
  if (operation === "update" || operation === "delete") {
    for (const [index, { when, why }] of behaviour.locks.entries())
      rules.push({
        id: `${model.name}/lock${index === 0 ? "" : `#${index + 1}`}`,
        kind: "lock",
        held: true,
        condition: when,
        refuses: true,
        rows: `${conditionWords(when)} (${why})`,
      })
  }
  return rules
}

/** A condition that decides it as the gate does; `never` if nothing on a row could. */
function deciding(behaviour: ModelBehaviour, own: ModelRights, rights: Rights, operation: string): Condition {
  const nothing: Condition = { kind: "false" }
  if (operation === "read") return own.read
  if (!ROW_OPERATIONS.has(operation)) {
    const invocation = behaviour.invocations.get(operation)
    if (!invocation) return nothing
    if (rights.system) return always
    const mine = invocationRules(behaviour, operation, nobodyElse, rights)
      .filter(({ id }) => id !== invocation.id)
      .map(({ condition }) => condition)
    return allOf([own.restriction, rights.invokes(invocation, behaviour.model), ...mine])
  }
  // Lines are written through their parent only, whoever asks.
  const write = behaviour.owner ? undefined : writeRights(rights, behaviour, operation as RowOperation)
  if (!write) return nothing
  if (write.unlimited) return own.restriction
  const byGrants = write.held.map((grants): Condition => {
    const rows = grants.map((g) => (operation === "create" ? g.check : g.where))
    return rows.some(({ kind }) => kind === "true") ? always : { kind: "or", of: rows }
  })
  return allOf([own.restriction, ...byGrants])
}

const nobodyElse: Principal = { kind: "service", id: "", roles: [], claims: {}, timeZone: "UTC" }

const cellDecision = (condition: Condition, holds: ((c: Condition) => boolean) | undefined): CellDecision =>
  condition.kind === "true"
    ? "yes"
    : condition.kind === "false"
      ? "no"
      : !holds
        ? "depends"
        : holds(condition)
          ? "yes"
          : "no"

function principalsOf(service: ServiceDefinition, principal: Principal): ExplainedPrincipal[] {
  return chainOf(principal).map((one) => {
    const roles = one.roles.filter((role) => service.roles.has(role)).toSorted()
    const companies = one.claims[COMPANIES_CLAIM]
    return {
      kind: one.kind,
      id: one.id,
      roles,
      scopes: Object.fromEntries(Object.entries(one.scopes ?? {}).filter(([role]) => roles.includes(role))),
      companies:
        companies === undefined || companies === null ? null : Array.isArray(companies) ? companies : [companies],
    }
  })
}

/** @throws `access.denied` to whom the service does not let explain */
export function assertMayExplain(service: ServiceDefinition, asker: Principal, model: string): void {
  const rights = rightsOf(service, asker)
  if (!rights.system && ![...service.explain].some((role) => rights.has(role))) throw accessDenied(model, "explain")
}

/**
 * What has to be known to explain.
 *
 * @param asker Needs a role that the service lets explain; the answer tells of rows that the asker need not be able to see.
 * @throws `access.denied` to everybody else; `query.unknown_model`; `request.invalid` for an operation that the model does not have
 */
export function explainAccess(
  service: ServiceDefinition,
  asker: Principal,
  principal: Principal,
  question: AccessQuestion,
): AccessInquiry {
  assertMayExplain(service, asker, question.model)
  const behaviour = service.models.get(question.model)
  if (!behaviour) throw new ArchipelError("query.unknown_model", { model: question.model })
  const { operation, id } = question
  const isRow = ROW_OPERATIONS.has(operation)
  if ((!isRow && !behaviour.invocations.has(operation)) || (operation === "create" && id !== undefined)) {
    const detail = `${question.model} has no such operation${operation === "create" ? " on a record" : ""}.`
    throw new ArchipelError("request.invalid", { errors: [{ path: "/operation", code: "value.unknown", detail }] })
  }
  const rights = rightsOf(service, principal)
  const own = rights.of(behaviour.model)
  const specific = isRow
    ? operationRules(behaviour, operation as Operation, principal, rights)
    : invocationRules(behaviour, operation, principal, rights)
  const rules = [...commonRules(behaviour, own, rights, operation), ...specific]
  const decides = deciding(behaviour, own, rights, operation)
  const cells = fieldConditions(behaviour, own, rights, operation, decides)
  const conditions = [
    ...new Set([
      own.read,
      decides,
      ...rules.flatMap(({ condition }) => conditionParts(condition)),
      ...cells.flatMap(({ read, write }) => (write ? [read, write] : [read])),
    ]),
  ]
  return {
    behaviour,
    conditions,
    conclude(holds) {
      const ask = holds ?? undefined
      const explained = rules.map(({ condition, refuses, rows, ...rule }): ExplainedRule => {
        const isMet = ask ? ask(condition) !== (refuses ?? false) : null
        return {
          ...rule,
          rows: rows ?? conditionWords(condition),
          holds: ask ? ask(condition) : null,
          failing: ask && isMet === false && !refuses ? failingWords(condition, ask) : [],
        }
      })
      const { decision, because } = decide(holds, operation, own, decides)
      return {
        model: question.model,
        operation,
        id: id ?? null,
        decision,
        because,
        principals: principalsOf(service, principal),
        rules: explained,
        missing: decision === "allowed" ? [] : missingRoles(explained),
        fields: Object.fromEntries(
          cells.map(({ member, read, write }) => [
            member.name,
            {
              read: holds === null ? "no" : cellDecision(read, ask),
              ...(write ? { write: holds === null ? "no" : cellDecision(write, ask) } : {}),
            },
          ]),
        ),
      }
    },
  }
}

interface Cell {
  readonly member: Member
  readonly read: Condition
  readonly write?: Condition
}

function fieldConditions(
  behaviour: ModelBehaviour,
  own: ModelRights,
  rights: Rights,
  operation: string,
  decides: Condition,
): Cell[] {
  const writes =
    operation === "create" || operation === "update" ? writeRights(rights, behaviour, operation) : undefined
  const none: Condition = { kind: "false" }
  const may = operation === "create" ? decides : allOf([own.read, decides])
  return [...behaviour.model.members.values()].map((member): Cell => {
    const read = allOf([own.read, own.readable(member)])
    if (operation !== "create" && operation !== "update") return { member, read }
    const isPossible = writes && !behaviour.owner && mayWrite(rights, behaviour, operation, member)
    return { member, read, write: isPossible ? allOf([may, writes.writable(member)]) : none }
  })
}

function decide(
  holds: ((condition: Condition) => boolean) | undefined | null,
  operation: string,
  own: ModelRights,
  decides: Condition,
): { readonly decision: AccessDecision; readonly because: string } {
  if (decides.kind === "false")
    return { decision: "denied", because: "Nothing allows it to these roles, whatever the record." }
  if (holds === null) return { decision: "not_found", because: "There is no such record." }
  if (holds === undefined) {
    if (decides.kind === "true") return { decision: "allowed", because: "It is allowed on every record." }
    return { decision: "depends", because: "It is allowed on the records that the rules mean." }
  }
  if (!holds(own.read))
    return { decision: "not_found", because: "The record may not be seen, so to them it is not there." }
  if (operation === "read" || holds(decides)) return { decision: "allowed", because: "The rules that hold allow it." }
  return { decision: "denied", because: "The record may be seen, but no rule allows this with it." }
}

const missingRoles = (rules: readonly ExplainedRule[]): string[] => [
  ...new Set(rules.flatMap(({ held, holds, role }) => (!held && holds !== false && role !== undefined ? [role] : []))),
]
