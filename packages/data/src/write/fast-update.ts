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
import type { Statement } from "../postgres/statement.ts"
import { nullableJson, objectText, wireJson } from "../read/json-value.ts"
import { booleanSql } from "../sql/condition-sql.ts"
import { tableOf } from "../sql/key-sql.ts"
import { bindParameters, principalId } from "../sql/parameters.ts"
import {
  columnOf,
  identifier,
  literal,
  type ParameterSpec,
  statementBuilder,
  valueType,
} from "../sql/statement-builder.ts"
import { isStoredOtherwise } from "./adopted-sql.ts"
import { type AnswerText, answerTextOf } from "./answer-text.ts"
import { assertAllowed, assertUnlocked, conditionsOf } from "./apply-tree.ts"
import { isOwnRow } from "./fast-create.ts"
import { actorOf } from "./change-record.ts"
import { statementOf } from "./named-statement.ts"
import { newId } from "./new-id.ts"
import type { GuardedRow } from "./guarded-rows.ts"
import { boundValue, cellValues, selected } from "./row-values.ts"
import type { WriteSession } from "./write-session.ts"

export interface FastUpdated {
  readonly row: WorkRow
  /** null: it may not be seen any more; undefined: it must be read. */
  readonly data: string | null | undefined
}

interface Plan {
  readonly statement: Statement
  readonly parameters: readonly ParameterSpec[]
  /** Left out where the record has to be read. */
  readonly answer: AnswerText | undefined
  /** The cells of the answer that say which conditions held before the change, in the order of `conditionsOf`. */
  readonly flags: readonly number[]
}

const MAX_PLANS = 1_000
/** From this version on an update returns the row that it replaced. */
const RETURNS_OLD = 180_000

/** Updates of one service that are one statement; the plans of their shapes are kept, at most 1,000. */
export class FastUpdates {
  readonly #database: Database
  readonly #plans = new Map<string, Plan | undefined>()
  #returnsOld: boolean | undefined

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * @returns undefined if the change needs a transaction, or somebody else wrote the row meanwhile: nothing happened then.
   * @throws what the change is refused for
   */
  async update(session: WriteSession, change: AuthorisedChange): Promise<FastUpdated | undefined> {
    const node = change.tree.root
    if (node.kind !== "update" || node.cells.length === 0 || isStoredOtherwise(node.model)) return undefined
    if (node.lines.length + node.links.length + node.presets.length > 0 || change.tree.references.length > 0)
      return undefined
    const key = `${session.rights.key}|${node.model.name}|${node.cells.map((cell) => cell.member.name).join()}`
    let plan = this.#plans.get(key)
    if (!this.#plans.has(key)) {
      this.#returnsOld ??= Number(await this.#database.text({ text: "show server_version_num" })) >= RETURNS_OLD
      plan = planOf(session, node, this.#returnsOld)
      if (this.#plans.size >= MAX_PLANS) this.#plans.delete(this.#plans.keys().next().value as string)
      this.#plans.set(key, plan)
    }
    return plan ? this.#run(session, node, plan) : undefined
  }

  async #run(session: WriteSession, node: UpdateNode, plan: Plan): Promise<FastUpdated | undefined> {
    const { model, id } = node
    const { principal, origin, now } = session
    const actor = actorOf(session)
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
    const values = bindParameters(plan.parameters, { ...session.binding, given })
    const cells = await this.#database.cells(plan.statement, values, { writes: true })
    // Not there, not allowed, another version or nothing to change: a transaction finds out which.
    if (cells === null) return undefined
    const before = cellValues(model.columns, cells)
    // As in a transaction: the same questions in the same order.
    const conditions = conditionsOf(node.guard, node.behaviour, node)
    const guarded: GuardedRow = {
      values: before,
      holds: (condition) => {
        if (condition.kind === "true" || condition.kind === "false") return condition.kind === "true"
        return cells[plan.flags[conditions.indexOf(condition)] as number] === "t"
      },
    }
    assertUpdatable(guarded, node)
    const [wanted, written, visible] = cells.slice(-3)
    // Somebody changed the row after the statement had read it. A transaction locks it first, and sees what they wrote.
    if (wanted === "t" && written !== "t") return undefined
    const row = new Work().load(model, before, { locked: true })
    if (written === "t") setWritten(row.values, node.cells, session)
    return { row, data: plan.answer && (visible === "t" ? plan.answer(row.values) : null) }
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

/**
 * The statement gives the row as it was, the conditions that held then, whether there was something to change, whether it was written
 * and whether its caller may see it.
 *
 * Where an update returns the row that it replaced, it is all that is needed. Elsewhere the row is read first, which costs half as
 * much again; and a lock on it would cost as much as the update, so that the update looks at the row that it changes, which is a
 * newer one if it had to wait for somebody, and does nothing unless that is the row that was read.
 */
function planOf(session: WriteSession, node: UpdateNode, returnsOld: boolean): Plan | undefined {
  const { model, cells } = node
  const { graph } = session.environment
  const conditions = conditionsOf(node.guard, node.behaviour, node)
  if (![...conditions, node.after].every(isOwnRow)) return undefined
  if (cells.some(({ member }) => graph.triggers(model, member.name).length > 0)) return undefined
  /** Names of the row as it was: where it is made, and where it is looked at. */
  const [was, before] = returnsOld ? ["old", "old"] : ["t", "b"]
  const builder = statementBuilder({ before })
  const given = (name: string, type: string): string => builder.parameter({ kind: "given", name }, type)
  const set = (member: ColumnMember): string => given(`set.${member.name}`, valueType(member))
  const automatic = (name: string): ColumnMember => model.members.get(name) as ColumnMember
  const of = (alias: string, name: string): string => columnOf(alias, automatic(name))
  const column = (name: string): string => identifier(automatic(name).columnName)
  const columns = [...model.columns].length
  const known = new Map<string, string>()
  const flags = conditions.flatMap((condition) => {
    const sql = booleanSql(condition, was, builder)
    if (known.has(sql)) return []
    known.set(sql, `"$${known.size}"`)
    return [`${sql} as ${known.get(sql)}`]
  })
  const flagOf = (condition: Condition): string => known.get(booleanSql(condition, was, builder)) as string
  const holds = (condition: Condition): string => booleanSql(condition, "t", builder)
  const isOpen = node.behaviour.locks.flatMap((lock) =>
    cells.every(({ member }) => lock.except.has(member.name)) ? [] : [`not ${holds(lock.when)}`],
  )
  const changed = (alias: string): string =>
    cells.map(({ member }) => `${columnOf(alias, member)} is distinct from ${set(member)}`).join(" or ")
  const guards = new Set([
    `${of("t", "id")} = ${given("id", "uuid")}`,
    holds(node.guard.readable),
    holds(node.guard.allowed),
    ...cells.map((cell) => holds(cell.writable)),
    ...isOpen,
    `${of("t", "version")} = coalesce(${given("expected", "integer")}, ${of("t", "version")})`,
    `(${changed("t")})`,
    ...(returnsOld
      ? []
      : [
          `${of("t", "id")} = ${of("b", "id")}`,
          `${of("t", "version")} = ${of("b", "version")}`,
          ...cells.map(({ member }) => `${columnOf("t", member)} is not distinct from ${columnOf("b", member)}`),
        ]),
  ])
  const now = given("now", "timestamptz")
  const sets = [
    ...cells.map(({ member }) => `${identifier(member.columnName)} = ${set(member)}`),
    `${column("version")} = ${of("t", "version")} + 1`,
    `${column("updatedAt")} = ${now}`,
    `${column("updatedBy")} = ${given("by", "uuid")}`,
  ]
  const { read } = session.rights.of(model)
  const isReadOwn = isOwnRow(read)
  // What the statement writes it sees in what it returns, and only there.
  const returned = [
    ...(returnsOld ? [selected(model.columns, was), ...flags] : []),
    `${changesSql(cells, before)} as "$changes"`,
    `${of("t", "version")} as "$version"`,
  ]
  const refused = node.afterParts.flatMap(({ condition, rules }, i) => {
    if (condition.kind === "true") return []
    returned.push(`${booleanSql(condition, "t", builder)} as "$after${i}"`)
    const details = literal(JSON.stringify({ model: model.name, operation: "update", rules }))
    return [`when not u."$after${i}" then archipel.fail('access.denied', ${details}::jsonb)`]
  })
  if (isReadOwn) returned.push(`${booleanSql(read, "t", builder)} as "$visible"`)
  const b = `b as materialized (select ${[selected(model.columns, was), ...flags].join(", ")} from ${tableOf(model)} t where t.id = ${given("id", "uuid")})`
  const u = `u as (update ${tableOf(model)} t set ${sets.join(", ")}${returnsOld ? "" : " from b"} where ${[...guards].join(" and ")} returning ${returned.join(", ")})`
  const h = `h as (insert into archipel.history (at, model, record_id, version, operation, actor_kind, actor_id, reason, trace_id, changes, event_id) select ${now}, ${literal(model.name)}, ${given("id", "uuid")}, u."$version", 'update', ${given("kind", "text")}, ${given("actor", "text")}, ${given("reason", "text")}, ${given("trace", "text")}, u."$changes", ${given("event", "uuid")} from u)`
  const row = returnsOld ? "u" : "b"
  const wanted = returnsOld ? "true" : changed("b")
  const written = `case when u."$version" is null then false ${refused.join(" ")} else true end`
  const visible = isReadOwn ? `coalesce(u."$visible", ${row}.${flagOf(node.guard.readable)})` : "true"
  const answered = [
    ...[...model.columns].map((member) => `${row}.${identifier(member.columnName)}`),
    ...[...known.values()].map((flag) => `${row}.${flag}`),
    wanted,
    written,
    visible,
  ]
  const text = `with ${(returnsOld ? [u, h] : [b, u, h]).join(", ")} select ${answered.join(", ")} from ${returnsOld ? "u" : "b left join u on true"}`
  return {
    statement: statementOf(text),
    parameters: builder.parameters,
    answer: isReadOwn ? answerTextOf(session.rights, model) : undefined,
    flags: conditions.map((condition) => columns + Number(flagOf(condition).slice(2, -1))),
  }
}

/** What changed, as JSON. Put together as text, since PostgreSQL's functions that build JSON look up the type of every value each time. */
function changesSql(cells: readonly CellValue[], before: string): string {
  const parts = cells.map(({ member }) => {
    const [old, fresh] = [before, "t"].map((alias) => columnOf(alias, member)) as [string, string]
    const pair = objectText([
      { name: "old", value: nullableJson(wireJson(member, old)) },
      { name: "new", value: nullableJson(wireJson(member, fresh)) },
    ])
    const named = `${literal(`${JSON.stringify(member.name)}:`)} || ${pair}`
    return cells.length === 1 ? named : `case when ${old} is distinct from ${fresh} then ${named} end`
  })
  const changes = parts.length === 1 ? parts[0] : `concat_ws(',', ${parts.join(", ")})`
  return `('{' || ${changes} || '}')::jsonb`
}
