/**
 * An update as one statement: where what changes concerns nothing else.
 *
 * @module
 */
import {
  ArchipelError,
  type AuthorisedChange,
  type CellValue,
  type ColumnMember,
  type Condition,
  type RowValues,
  sameValue,
  type UpdateNode,
  Work,
  type WorkRow,
} from "@archipel/core"
import type { Database } from "../postgres/database.ts"
import { sqlState } from "../postgres/sql-state.ts"
import type { Statement } from "../postgres/statement.ts"
import { wireSql } from "../read/json-value.ts"
import { booleanSql } from "../sql/condition-sql.ts"
import { bindParameters, principalId } from "../sql/parameters.ts"
import {
  columnOf,
  identifier,
  literal,
  type ParameterSpec,
  statementBuilder,
  valueType,
} from "../sql/statement-builder.ts"
import { answerText } from "./answer-text.ts"
import { assertAllowed, assertUnlocked, conditionsOf } from "./apply-tree.ts"
import { isOwnRow } from "./fast-create.ts"
import { statementOf } from "./flush.ts"
import type { GuardedRow } from "./guarded-rows.ts"
import { newId } from "./new-id.ts"
import { boundValue, rowValues, selected, tableOf } from "./row-values.ts"
import type { WriteSession } from "./write-session.ts"

export interface FastUpdated {
  readonly row: WorkRow
  /** null: it may not be seen any more; undefined: it must be read. */
  readonly data: string | null | undefined
}

interface Plan {
  readonly statement: Statement
  readonly parameters: readonly ParameterSpec[]
  readonly isReadShown: boolean
}

const MAX_PLANS = 1_000

/** Updates of one service that are one statement; the plans of their shapes are kept, at most 1,000. */
export class FastUpdates {
  readonly #database: Database
  readonly #plans = new Map<string, Plan | undefined>()

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * @returns undefined if the change needs a transaction, or somebody else holds the row: nothing happened then.
   * @throws what the change is refused for
   */
  async update(session: WriteSession, change: AuthorisedChange): Promise<FastUpdated | undefined> {
    const node = change.tree.root
    if (node.kind !== "update" || node.cells.length === 0) return undefined
    if (node.lines.length + node.links.length + node.presets.length > 0 || change.tree.references.length > 0)
      return undefined
    const key = `${session.rights.key}|${node.model.name}|${node.cells.map((cell) => cell.member.name).join()}`
    let plan = this.#plans.get(key)
    if (!this.#plans.has(key)) {
      plan = planOf(session, node)
      if (this.#plans.size >= MAX_PLANS) this.#plans.delete(this.#plans.keys().next().value as string)
      this.#plans.set(key, plan)
    }
    return plan ? this.#run(session, node, plan) : undefined
  }

  async #run(session: WriteSession, node: UpdateNode, plan: Plan): Promise<FastUpdated | undefined> {
    const { model, id } = node
    const { principal, origin, now } = session
    const actor = principal.kind === "user" ? (principalId(principal) ?? principal.id) : principal.id
    const given: Record<string, unknown> = {
      id,
      expected: node.version ?? null,
      now,
      by: principalId(principal),
      kind: principal.kind,
      actor,
      reason: origin.reason,
      trace: origin.traceId,
      event: newId(),
    }
    for (const { member, value } of node.cells) given[`set.${member.name}`] = boundValue(member, value)
    let answer: Awaited<ReturnType<Database["query"]>>
    try {
      answer = await this.#database.query(
        plan.statement,
        bindParameters(plan.parameters, { ...session.binding, given }),
      )
    } catch (error) {
      // Somebody else is writing it: waiting is for transactions, which have connections of their own.
      if (sqlState(error instanceof ArchipelError ? error.cause : error) === "55P03") return undefined
      throw error
    }
    const [found] = answer.rows as readonly Record<string, string | null>[]
    if (!found) throw new ArchipelError("record.not_found", { model: model.name, id })
    const before = rowValues(model.columns, found)
    // As in a transaction: the same questions in the same order.
    const conditions = conditionsOf(node.guard, node.behaviour, node)
    const guarded: GuardedRow = {
      values: before,
      holds: (condition) => {
        if (condition.kind === "true" || condition.kind === "false") return condition.kind === "true"
        return found[`$${conditions.indexOf(condition)}`] === "t"
      },
    }
    assertUpdatable(guarded, node)
    const row = new Work().load(model, before, { locked: true })
    if (found["$written"] !== "t") return { row, data: this.#text(row, session, plan, found["$visible"]) }
    setWritten(row.values, node.cells, session)
    return { row, data: this.#text(row, session, plan, found["$visible"]) }
  }

  #text(
    row: WorkRow,
    session: WriteSession,
    plan: Plan,
    visible: string | null | undefined,
  ): string | null | undefined {
    if (!plan.isReadShown) return undefined
    return visible === "t" ? answerText(row, session.rights) : null
  }
}

function assertUpdatable(guarded: GuardedRow, node: UpdateNode): void {
  const { model, id, version } = node
  if (!guarded.holds(node.guard.readable)) throw new ArchipelError("record.not_found", { model: model.name, id })
  if (version !== undefined && guarded.values["version"] !== version) {
    throw new ArchipelError("record.version_conflict", {
      model: model.name,
      id,
      expected: version,
      actual: guarded.values["version"] as number,
    })
  }
  assertAllowed(guarded, node.guard, node, model, "update")
  assertUnlocked(
    node.behaviour,
    guarded,
    node.cells.map((cell) => cell.member.name),
  )
}

function setWritten(values: RowValues, cells: readonly CellValue[], session: WriteSession): void {
  for (const { member, value } of cells) if (!sameValue(values[member.name], value)) values[member.name] = value
  values["version"] = Number(values["version"]) + 1
  values["updatedAt"] = session.now
  values["updatedBy"] = principalId(session.principal)
}

function planOf(session: WriteSession, node: UpdateNode): Plan | undefined {
  const { model, cells } = node
  const { graph } = session.environment
  const conditions = conditionsOf(node.guard, node.behaviour, node)
  if (![...conditions, node.after].every(isOwnRow)) return undefined
  if (cells.some(({ member }) => graph.triggers(model, member.name).length > 0)) return undefined
  const builder = statementBuilder({ before: "b" })
  const given = (name: string, type: string): string => builder.parameter({ kind: "given", name }, type)
  const set = (member: ColumnMember): string => given(`set.${member.name}`, valueType(member))
  const automatic = (name: string): ColumnMember => model.members.get(name) as ColumnMember
  const of = (alias: string, name: string): string => columnOf(alias, automatic(name))
  const column = (name: string): string => identifier(automatic(name).columnName)
  const flags = conditions.map((condition, i) => `${booleanSql(condition, "t", builder)} as "$${i}"`)
  const b = `b as materialized (select ${[selected(model.columns, "t"), ...flags].join(", ")} from ${tableOf(model)} t where t.id = ${given("id", "uuid")} for no key update nowait)`
  const holds = (condition: Condition): string => `b."$${conditions.indexOf(condition)}"`
  const isOpen = node.behaviour.locks.flatMap((lock) =>
    cells.every(({ member }) => lock.except.has(member.name)) ? [] : [`not ${holds(lock.when)}`],
  )
  const guards = [
    holds(node.guard.readable),
    holds(node.guard.allowed),
    ...cells.map((cell) => holds(cell.writable)),
    ...isOpen,
    `${of("b", "version")} = coalesce(${given("expected", "integer")}, ${of("b", "version")})`,
  ]
  const changed = (member: ColumnMember): string => `${columnOf("b", member)} is distinct from ${set(member)}`
  const sets = cells.map(({ member }) => `${identifier(member.columnName)} = ${set(member)}`)
  const now = given("now", "timestamptz")
  const u = `u as (update ${tableOf(model)} t set ${sets.join(", ")}, ${column("version")} = ${of("b", "version")} + 1, ${column("updatedAt")} = ${now}, ${column("updatedBy")} = ${given("by", "uuid")} from b where t.id = b.id and ${guards.join(" and ")} and (${cells.map(({ member }) => changed(member)).join(" or ")}) returning t.*)`
  const changes = cells
    .map(({ member }) => {
      const [old, fresh] = [columnOf("b", member), columnOf("u", member)]
      const pair = `jsonb_build_object('old', ${wireSql(member, old)}, 'new', ${wireSql(member, fresh)})`
      return `case when ${old} is distinct from ${fresh} then jsonb_build_object(${literal(member.name)}, ${pair}) else '{}' end`
    })
    .join(" || ")
  const name = literal(model.name)
  const [kind, actor, trace] = [given("kind", "text"), given("actor", "text"), given("trace", "text")]
  const c = `c as (select u.id, ${of("u", "version")} as version, ${changes} as changes from u join b on b.id = u.id)`
  const h = `h as (insert into archipel.history (at, model, record_id, version, operation, actor_kind, actor_id, reason, trace_id, changes) select ${now}, ${name}, c.id, c.version, 'update', ${kind}, ${actor}, ${given("reason", "text")}, ${trace}, c.changes from c)`
  const payload = `jsonb_build_object('id', c.id, 'model', ${name}, 'version', c.version, 'operation', 'update', 'actor', jsonb_build_object('kind', ${kind}, 'id', ${actor}), 'changes', c.changes)`
  const o = `o as (insert into archipel.outbox (id, at, type, record_id, version, payload, trace_id) select ${given("event", "uuid")}, ${now}, ${literal(`${model.name}.updated`)}, c.id, c.version, ${payload}, ${trace} from c)`
  const refused = node.afterParts.flatMap(({ condition, rules }) => {
    if (condition.kind === "true") return []
    const details = literal(JSON.stringify({ model: model.name, operation: "update", rules }))
    return [
      `when not (select ${booleanSql(condition, "u", builder)} from u, b) then archipel.fail('access.denied', ${details}::jsonb)`,
    ]
  })
  const written = `case when not exists (select from u) then false ${refused.join(" ")} else true end`
  const { read } = session.rights.of(model)
  const isReadOwn = isOwnRow(read)
  const visible = isReadOwn
    ? `case when exists (select from u) then (select ${booleanSql(read, "u", builder)} from u) else ${holds(node.guard.readable)} end`
    : "true"
  const text = `with ${[b, u, c, h, o].join(", ")} select b.*, ${written} as "$written", ${visible} as "$visible" from b`
  return {
    statement: statementOf(text),
    parameters: builder.parameters,
    isReadShown: isReadOwn && answerText.knows(session.rights, model),
  }
}
