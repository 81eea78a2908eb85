/**
 * An update as one statement: where what changes concerns nothing else.
 *
 * @module
 */
import type { AuthorisedChange, CellValue, ColumnMember, Condition, UpdateNode, WorkRow } from "@archipel/core"
import type { Database } from "../postgres/database.ts"
import { nullableJson, objectText, wireJson } from "../read/json-value.ts"
import { booleanSql } from "../sql/condition-sql.ts"
import { tableOf } from "../sql/key-sql.ts"
import { principalId } from "../sql/parameters.ts"
import { columnOf, identifier, literal, valueType } from "../sql/statement-builder.ts"
import { isStoredOtherwise } from "./adopted-sql.ts"
import { answerSqlOf } from "./answer-text.ts"
import { conditionsOf } from "./apply-tree.ts"
import { actorOf } from "./change-record.ts"
import { isOwnRow } from "./fast-create.ts"
import { newId } from "./new-id.ts"
import { boundValue, selected } from "./row-values.ts"
import { sourcedBuilder, type SourcedStatement, valuesOf } from "./sourced-statement.ts"
import type { WriteSession } from "./write-session.ts"

export interface FastUpdated {
  readonly row: Pick<WorkRow, "model" | "id" | "deleted" | "values">
  /** null: it may not be seen any more; undefined: it must be read. */
  readonly data: string | null | undefined
}

interface Plan extends SourcedStatement<Making> {
  /** Whether the statement gives the answer. */
  readonly answers: boolean
}

/** An update about to be written. */
interface Making {
  readonly node: UpdateNode
  readonly session: WriteSession
  readonly by: string | null
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
   * @returns undefined if the change needs a transaction, or wrote nothing, for a reason that a transaction finds out (not there, not
   *   allowed, another version, nothing to change)
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
      this.#returnsOld ??= (await this.#database.version()) >= RETURNS_OLD
      plan = planOf(session, node, this.#returnsOld)
      if (this.#plans.size >= MAX_PLANS) this.#plans.delete(this.#plans.keys().next().value as string)
      this.#plans.set(key, plan)
    }
    if (!plan) return undefined
    const values = valuesOf(plan, { node, session, by: principalId(session.principal) }, session.binding)
    const cells = await this.#database.cells(plan.statement, values, { writes: true })
    if (cells === null) return undefined
    const [version, , data = null] = cells
    const row = { model: node.model, id: node.id, deleted: false, values: { version: Number(version) } }
    return { row, data: plan.answers ? data : undefined }
  }
}

/**
 * The statement gives the record's version, and the record if its caller may see it; no row if it did not write.
 *
 * Where an update returns the row that it replaced, it is all that is needed. Elsewhere the row is read first, which costs half as
 * much again; and a lock on it would cost as much as the update, so that the update looks at the row that it changes, which is a
 * newer one if it had to wait for somebody, and does nothing unless that is the row that was read.
 */
function planOf(session: WriteSession, node: UpdateNode, returnsOld: boolean): Plan | undefined {
  const { model, cells } = node
  const { graph } = session.environment
  if (![...conditionsOf(node.guard, node.behaviour, node), node.after].every(isOwnRow)) return undefined
  if (cells.some(({ member }) => graph.triggers(model, member.name).length > 0)) return undefined
  const before = returnsOld ? "old" : "b"
  const builder = sourcedBuilder<Making>({ before })
  const { given } = builder
  const values = new Map(
    cells.map(({ member }, i) => [
      member,
      given(`set.${member.name}`, valueType(member), ({ node }) => boundValue(member, node.cells[i]?.value)),
    ]),
  )
  const set = (member: ColumnMember): string => values.get(member) as string
  const automatic = (name: string): ColumnMember => model.members.get(name) as ColumnMember
  const of = (alias: string, name: string): string => columnOf(alias, automatic(name))
  const column = (name: string): string => identifier(automatic(name).columnName)
  const holds = (condition: Condition): string => booleanSql(condition, "t", builder)
  const isOpen = node.behaviour.locks.flatMap((lock) =>
    cells.every(({ member }) => lock.except.has(member.name)) ? [] : [`not ${holds(lock.when)}`],
  )
  const changed = cells.map(({ member }) => `${columnOf("t", member)} is distinct from ${set(member)}`)
  const id = given("id", "uuid", ({ node }) => node.id)
  const expected = given("expected", "integer", ({ node }) => node.version)
  const now = given("now", "timestamptz", ({ session }) => session.now)
  const guards = new Set([
    `${of("t", "id")} = ${id}`,
    holds(node.guard.readable),
    holds(node.guard.allowed),
    ...cells.map((cell) => holds(cell.writable)),
    ...isOpen,
    `${of("t", "version")} = coalesce(${expected}, ${of("t", "version")})`,
    `(${changed.join(" or ")})`,
    ...(returnsOld
      ? []
      : [
          `${of("t", "id")} = ${of("b", "id")}`,
          `${of("t", "version")} = ${of("b", "version")}`,
          ...cells.map(({ member }) => `${columnOf("t", member)} is not distinct from ${columnOf("b", member)}`),
        ]),
  ])
  const sets = [
    ...cells.map(({ member }) => `${identifier(member.columnName)} = ${set(member)}`),
    `${column("version")} = ${of("t", "version")} + 1`,
    `${column("updatedAt")} = ${now}`,
    `${column("updatedBy")} = ${given("by", "uuid", ({ by }) => by)}`,
  ]
  // What the statement writes it sees in what it returns, and only there.
  const returned = [`${changesSql(cells, before)} as "$changes"`, `${of("t", "version")} as "$version"`]
  const refused = node.afterParts.flatMap(({ condition, rules }, i) => {
    if (condition.kind === "true") return []
    returned.push(`${holds(condition)} as "$after${i}"`)
    const details = literal(JSON.stringify({ model: model.name, operation: "update", rules }))
    return [`when not u."$after${i}" then archipel.fail('access.denied', ${details}::jsonb)`]
  })
  const { read } = session.rights.of(model)
  const data = isOwnRow(read) ? answerSqlOf(session.rights, model, "t") : undefined
  if (data !== undefined) returned.push(`case when ${holds(read)} then ${data} end as "$data"`)
  const b = `b as materialized (select ${selected(model.columns, "t")} from ${tableOf(model)} t where t.id = ${id})`
  const u = `u as (update ${tableOf(model)} t set ${sets.join(", ")}${returnsOld ? "" : " from b"} where ${[...guards].join(" and ")} returning ${returned.join(", ")})`
  const told = [
    now,
    literal(model.name),
    id,
    `u."$version"`,
    `'update'`,
    given("kind", "text", ({ session }) => session.principal.kind),
    given("actor", "text", ({ session }) => actorOf(session)),
    given("reason", "text", ({ session }) => session.origin.reason),
    given("trace", "text", ({ session }) => session.origin.traceId),
    `u."$changes"`,
    given("event", "uuid", () => newId()),
  ]
  const h = `h as (insert into archipel.history (at, model, record_id, version, operation, actor_kind, actor_id, reason, trace_id, changes, event_id) select ${told.join(", ")} from u)`
  const answered = [
    `u."$version"`,
    refused.length > 0 ? `case ${refused.join(" ")} else true end` : "true",
    ...(data === undefined ? [] : [`u."$data"`]),
  ]
  const text = `with ${(returnsOld ? [u, h] : [b, u, h]).join(", ")} select ${answered.join(", ")} from u`
  return { ...builder.statement(text), answers: data !== undefined }
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
