/**
 * A create as one statement: where nothing has to be locked or read again to know that it may happen.
 *
 * @module
 */
import {
  type AuthorisedChange,
  claimOf,
  type ColumnMember,
  type Condition,
  conditionPaths,
  type Graph,
  type GraphNode,
  type InsertNode,
  type ReferenceCheck,
  type ResolvedModel,
  type Rights,
  settle,
  type Warning,
  type WorkRow,
} from "@archipel/core"
import type { Database } from "../postgres/database.ts"
import { booleanSql, conditionSql } from "../sql/condition-sql.ts"
import { tableOf } from "../sql/key-sql.ts"
import { columnOf, identifier, literal, valueType } from "../sql/statement-builder.ts"
import { type AnswerText, answerTextOf } from "./answer-text.ts"
import { applyInsert } from "./apply-tree.ts"
import { type Recorded, recordOfCreate } from "./change-record.ts"
import { isStoredOtherwise } from "./adopted-sql.ts"
import { newApplied } from "./perform.ts"
import { remoteReferences } from "./references.ts"
import { boundValue } from "./row-values.ts"
import { assignNumbers } from "./sequences.ts"
import {
  type Source as SourceOf,
  type SourcedBuilder,
  sourcedBuilder,
  type SourcedStatement,
  valuesOf,
} from "./sourced-statement.ts"
import { storedRows } from "./stored-rows.ts"
import { defaultOf, type WriteSession } from "./write-session.ts"

/** What a fast create gives: its record, and the answer's text unless it has to be read. */
export interface FastCreated {
  readonly row: WorkRow
  readonly warnings: readonly Warning[]
  /** null: it may not be seen; undefined: it must be read. */
  readonly data: string | null | undefined
}

interface Plan extends SourcedStatement<Making> {
  /** Left out where the record has to be read. */
  readonly answer: AnswerText | undefined
}

/** A create, settled and about to be written. */
interface Making {
  readonly row: WorkRow
  /** By model, in the order of the statement. */
  readonly lines: readonly (readonly WorkRow[])[]
  readonly targets: readonly Referred[]
  readonly record: Recorded
}

type Source = SourceOf<Making>
type Given = SourcedBuilder<Making>["given"]

const rootId: Source = ({ row }) => row.id
const now: Source = ({ record }) => record.now
const version: Source = ({ row }) => row.values["version"]
const by: Source = ({ row }) => row.values["updatedBy"]

/** Columns that all records of a write have in common. */
const COMMON: ReadonlyMap<string, readonly [name: string, source: Source]> = new Map([
  ["version", ["version", version]],
  ["createdAt", ["now", now]],
  ["createdBy", ["by", by]],
  ["updatedAt", ["now", now]],
  ["updatedBy", ["by", by]],
])

/** The parameter of a column that is the same for all records of a model. */
function commonOf(member: ColumnMember, root: ResolvedModel): readonly [name: string, source: Source] | undefined {
  const { model, name } = member
  if (member.writtenBy === "framework" && COMMON.has(name)) return COMMON.get(name)
  if (model === root)
    return name === "id" ? ["id", rootId] : [`0.${name}`, ({ row }) => boundValue(member, row.values[name])]
  const isOwner = member.kind === "one" && model.owner?.inverse === member && model.owner.model === root
  return isOwner ? ["id", rootId] : undefined
}

/** Whether a condition looks at nothing but the row itself: so it can be asked of a row that the same statement makes. */
export const isOwnRow = (condition: Condition): boolean =>
  conditionPaths(condition).every((path) => path.hops.length === 0)

/** Whether a path stays within a record, its parent and its lines. */
const isWithin = (model: ResolvedModel, hops: GraphNode["paths"][number]["hops"]): boolean => {
  let at = model
  for (const hop of hops) {
    const stays = hop.kind === "one" ? at.owner?.inverse === hop : hop.kind === "many" && hop.owned === true
    if (!stays) return false
    at = hop.target
  }
  return true
}

/** Whether new records of these models, the first with the others as lines, settle without a look at stored records. */
function settlesAlone(graph: Graph, models: readonly ResolvedModel[]): boolean {
  const [root] = models
  for (const model of models) {
    for (const member of model.columns) {
      if (member.kind === "field" && member.type === "sequence" && member.gapless && member.assignedOn === undefined)
        return false
      for (const { node, hops } of graph.triggers(model, member.name)) {
        const last = hops.at(-1)
        if (node.kind === "suggest" || last === undefined || last.kind === "one") continue
        if (last.kind === "manyToMany" || model === root || model.owner !== last || !models.includes(node.model))
          return false
      }
    }
    for (const node of graph.ofModel.get(model) ?? []) {
      if (node.kind === "suggest") continue
      if (node.kind === "rollup" && !isOwnRow(node.rollup.where)) return false
      if (!node.paths.every((path) => isWithin(model, path.hops))) return false
    }
  }
  return true
}

/** What a create refers to in one other model, each id once. */
interface Referred {
  readonly target: ResolvedModel
  /** When its records may be read. */
  readonly visible: Condition
  readonly ids: readonly string[]
}

const MAX_APART = 8

/**
 * How many ids are asked for one by one: for an array of unknown length PostgreSQL expects ten rows, so that a plan for any
 * values looks dearer than one for these, and it would plan the statement anew each time. 0: all at once.
 */
const apart = (ids: readonly string[]): number => (ids.length <= MAX_APART ? ids.length : 0)

/** Adds the records that a create makes, the root first. @returns whether each may be written as it is named, whatever its values */
function collectNodes(node: InsertNode, nodes: InsertNode[]): boolean {
  nodes.push(node)
  if (node.links.length > 0) return false
  for (const { writable } of node.cells) if (writable.kind !== "true") return false
  for (const { writable, nodes: lines } of node.lines) {
    if (writable.kind !== "true") return false
    for (const line of lines) if (line.kind === "insert" && !collectNodes(line, nodes)) return false
  }
  return true
}

/** The records that must exist, by model; undefined if one of the models is another's table. */
function referredBy(references: readonly ReferenceCheck[]): Referred[] | undefined {
  const byTarget = new Map<ResolvedModel, { readonly visible: Condition; readonly ids: Set<string> }>()
  for (const { member, id, visible } of references) {
    if (!member.local) continue
    if (member.target.adopted) return undefined
    const known = byTarget.get(member.target)
    if (known) known.ids.add(id)
    else byTarget.set(member.target, { visible, ids: new Set([id]) })
  }
  return Array.from(byTarget, ([target, { visible, ids }]) => ({ target, visible, ids: [...ids] }))
}

const MAX_PLANS = 1_000
const ONE_STATEMENT = 200

/** Creates of one service that are one statement; the plans of their shapes are kept, at most 1,000. */
export class FastCreates {
  readonly #database: Database
  readonly #plans = new Map<string, Plan | undefined>()

  constructor(database: Database) {
    this.#database = database
  }

  /** @returns undefined if the change needs a transaction; nothing happened then. @throws what the change is refused for */
  async create(session: WriteSession, change: AuthorisedChange): Promise<FastCreated | undefined> {
    const { root, references } = change.tree
    if (root.kind !== "insert") return undefined
    const nodes: InsertNode[] = []
    if (!collectNodes(root, nodes) || nodes.length > ONE_STATEMENT) return undefined
    if (nodes.some((node) => node !== root && node.model === root.model)) return undefined
    const models = [...new Set(nodes.map((node) => node.model))]
    const targets = referredBy(references)
    if (models.some(isStoredOtherwise) || targets === undefined) return undefined
    const key = `${session.rights.key}|${models.map((m) => m.name).join()}|${targets.map(({ target, ids }) => `${target.name} ${apart(ids)}`).join()}`
    let plan = this.#plans.get(key)
    if (!this.#plans.has(key)) {
      plan = this.#plan(session, models, nodes, targets)
      if (this.#plans.size >= MAX_PLANS) this.#plans.delete(this.#plans.keys().next().value as string)
      this.#plans.set(key, plan)
    }
    if (!plan) return undefined

    const applied = newApplied(session)
    const row = applyInsert(applied, root)
    if (applied.mistakes.length > 0) return undefined
    const made = [...applied.work.all()]
    await assignNumbers(session, made, false)
    const settled = await settle(
      session.environment.graph,
      applied.work,
      storedRows(this.#database, session.binding, session.remote, false),
      {
        me: row.values["updatedBy"] as string | null,
        claim: (name) => claimOf(session.principal, name),
        now: session.now,
        timeZone: session.principal.timeZone,
        rights: session.rights,
        references: remoteReferences(references),
        alone: true,
        defaultOf: (member) => defaultOf(member, session),
      },
    )
    // The transaction finds all that is wrong, and says it at once.
    if (settled.errors.length > 0) return undefined
    const making: Making = {
      row,
      lines: models.slice(1).map((model) => made.filter((one) => one.model === model)),
      targets,
      record: recordOfCreate(row, made.slice(1), session),
    }
    const cells = await this.#database.cells(plan.statement, valuesOf(plan, making, session.binding), { writes: true })
    const isVisible = cells?.[1] === "t"
    return {
      row,
      warnings: settled.warnings,
      data: plan.answer && (isVisible ? plan.answer(row.values) : null),
    }
  }

  #plan(
    session: WriteSession,
    models: readonly ResolvedModel[],
    nodes: readonly InsertNode[],
    targets: readonly Referred[],
  ): Plan | undefined {
    const { graph } = session.environment
    if (!settlesAlone(graph, models)) return undefined
    const first = models.map((model) => nodes.find((node) => node.model === model) as InsertNode)
    if (!first.every(({ after }) => isOwnRow(after))) return undefined
    // A statement does not see what it writes itself.
    if (targets.some(({ target, visible }) => !seesNoneOf(visible, target, models))) return undefined
    const [root = nodes[0]?.model as ResolvedModel, ...lines] = models
    const builder = sourcedBuilder<Making>()
    const { given } = builder
    const refused: string[] = []
    // What a statement writes it sees in what it returns, and only there.
    const returning = first.map(({ model, afterParts }, i) =>
      afterParts.flatMap(({ condition, rules }, j) => {
        if (condition.kind === "true") return []
        const details = literal(JSON.stringify({ model: model.name, operation: "create", rules }))
        refused.push(
          `when ${i === 0 ? `not r0."$${j}"` : `exists (select from r${i} where not "$${j}")`} then archipel.fail('access.denied', ${details}::jsonb)`,
        )
        return [`${booleanSql(condition, "t", builder)} as "$${j}"`]
      }),
    )
    const read = readOf(session.rights, root)
    returning[0]?.push(`${read ? booleanSql(read, "t", builder) : "true"} as visible`)
    const own = lines.map((model) => model.columns.filter((member) => commonOf(member, root) === undefined))
    const parts = models.map((model, i) => {
      const values = model.columns.map((member) => {
        const common = commonOf(member, root)
        return common ? given(common[0], valueType(member), common[1]) : columnOf("u", member)
      })
      const arrays =
        own[i - 1]?.map((member) =>
          given(`${i}.${member.name}`, `${valueType(member)}[]`, ({ lines }) =>
            lines[i - 1]?.map((row) => boundValue(member, row.values[member.name])),
          ),
        ) ?? []
      const names = own[i - 1]?.map((member) => identifier(member.columnName)) ?? []
      const rows =
        i === 0
          ? `values (${values.join(", ")})`
          : `select ${values.join(", ")} from unnest(${arrays.join(", ")}) as u(${names.join(", ")})`
      const returned = returning[i] ?? []
      return `r${i} as (insert into ${tableOf(model)} as t (${model.columns.map((member) => identifier(member.columnName)).join(", ")}) ${rows}${returned.length > 0 ? ` returning ${returned.join(", ")}` : ""})`
    })
    for (const [i, { target, visible, ids }] of targets.entries()) {
      const there = (id: string): string =>
        `exists (select from ${tableOf(target)} x where x.id = ${id} and ${conditionSql(visible, "x", builder)})`
      const missing = apart(ids)
        ? ids
            .map((_, j) => `not ${there(given(`ref${i}.${j}`, "uuid", (making) => making.targets[i]?.ids[j]))}`)
            .join(" or ")
        : `exists (select from unnest(${given(`ref${i}`, "uuid[]", (making) => making.targets[i]?.ids)}) k(id) where not ${there("k.id")})`
      refused.push(`when ${missing} then archipel.fail('reference.missing', '{}'::jsonb)`)
    }
    const ok = refused.length > 0 ? `case ${refused.join(" ")} else true end` : "true"
    const text = `with ${[...parts, recordPart(root, given)].join(", ")} select ${ok} as ok, r0.visible from r0`
    return { ...builder.statement(text), answer: read && answerTextOf(session.rights, root) }
  }
}

/** The history of the new record. */
function recordPart(root: ResolvedModel, given: Given): string {
  const told = (name: keyof Recorded, type: string): string => given(name, type, ({ record }) => record[name])
  const values = [
    told("now", "timestamptz"),
    literal(root.name),
    given("id", "uuid", rootId),
    given("version", "integer", version),
    "'create'",
    told("kind", "text"),
    told("actor", "text"),
    told("via", "text"),
    told("reason", "text"),
    told("trace", "text"),
    told("changes", "jsonb"),
    told("event", "uuid"),
  ]
  return `h as (insert into archipel.history (at, model, record_id, version, operation, actor_kind, actor_id, via, reason, trace_id, changes, event_id) values (${values.join(", ")}))`
}

/** What must hold for the caller to see the record, if the record alone decides. */
function readOf(rights: Rights, model: ResolvedModel): Condition | undefined {
  const { read } = rights.of(model)
  return isOwnRow(read) ? read : undefined
}

/** Whether a condition over `target` looks at no table of these models. */
const seesNoneOf = (condition: Condition, target: ResolvedModel, models: readonly ResolvedModel[]): boolean =>
  !models.includes(target) &&
  conditionPaths(condition).every((path) => path.hops.every((hop) => !models.includes(hop.target)))
