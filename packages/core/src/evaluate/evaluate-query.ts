/**
 * Queries evaluated over all records in memory: slow, plain, and what the other sources are measured by.
 *
 * @module
 */
import type { ColumnMember, OneMember, ResolvedModel } from "../catalog.ts"
import { type Query, queryLimits, type SelectEntry } from "../query.ts"
import { type DataRecord, listOf, targetOf } from "./dataset.ts"
import { evaluateWhere, isSeenThrough } from "./evaluate-where.ts"
import { type Situation, sightOf, type StaticSight } from "./sight.ts"
import { compareNullable, folded } from "./value-order.ts"

type Answer = Record<string, unknown>

interface SelectNode {
  nested: Map<string, SelectNode> | undefined
  options: Exclude<SelectEntry, string> | undefined
}

/** One evaluation: who asks what of which records. */
export interface Evaluation extends Situation {
  readonly query: Query
  readonly sight: StaticSight
}

export const evaluationOf = (query: Query, situation: Situation): Evaluation => ({
  ...situation,
  query,
  sight: sightOf(situation),
})

/**
 * The records that a query finds, in its order: as the JSON that an answer has, all of them, whatever the limit and the cursor.
 * `_masked` is there where something is masked.
 */
export function evaluateQuery(query: Query, situation: Situation): readonly Answer[] {
  const evaluation = evaluationOf(query, situation)
  const model = rootModel(evaluation)
  const select = query.select ? selectTree(query.select) : ownColumns(model, evaluation.sight)
  return sorted(model, matching(evaluation), query.orderBy ?? [], evaluation).map((record) =>
    shown(model, record, select, evaluation),
  )
}

export function rootModel({ catalog, query }: Evaluation): ResolvedModel {
  const model = catalog.models.get(query.model)
  if (!model) throw new TypeError(`There is no model ${query.model}.`)
  return model
}

/** The records that the principal sees and the query asks for. */
export function matching(evaluation: Evaluation): readonly DataRecord[] {
  const { query, dataset, sight } = evaluation
  const model = rootModel(evaluation)
  return dataset
    .records(model.name)
    .filter(
      (record) =>
        sight.record(model, record) &&
        isWanted(model, record, query.archived) &&
        (!query.where || evaluateWhere(model, query.where, record, evaluation)) &&
        (query.search === undefined || isFound(model, record, query.search, sight)),
    )
}

function isWanted(model: ResolvedModel, record: DataRecord, archived: Query["archived"]): boolean {
  if (!model.archive || archived === "any") return true
  return ((record["archivedAt"] ?? null) !== null) === (archived === "only")
}

function isFound(model: ResolvedModel, record: DataRecord, search: string, sight: StaticSight): boolean {
  const texts = model.search
    .filter((m) => sight.cell(model, record, m.name))
    .map((m) => folded(String(record[m.name] ?? "")))
  return search
    .split(/\s+/)
    .filter((word) => word !== "")
    .every((word) => texts.some((text) => text.includes(folded(word))))
}

/** The value at the end of a path; empty where a step is empty or may not be seen. */
export function valueAt(
  model: ResolvedModel,
  record: DataRecord,
  path: string,
  evaluation: Evaluation,
): { readonly member: ColumnMember; readonly value: unknown; readonly record: DataRecord | undefined } {
  const [name, ...rest] = path.split(".") as [string, ...string[]]
  const member = model.members.get(name) as ColumnMember
  const { sight, dataset } = evaluation
  const isSeen = sight.cell(model, record, name)
  if (rest.length === 0) return { member, value: isSeen ? (record[name] ?? null) : null, record }
  const { target: targetModel } = member as OneMember
  const target = isSeen ? targetOf(member as OneMember, record, dataset) : undefined
  if (target && sight.record(targetModel, target)) return valueAt(targetModel, target, rest.join("."), evaluation)
  return { member: memberAt(targetModel, rest), value: null, record: undefined }
}

function memberAt(model: ResolvedModel, [name, ...rest]: readonly string[]): ColumnMember {
  const member = model.members.get(name as string) as ColumnMember
  return rest.length === 0 ? member : memberAt((member as OneMember).target, rest)
}

function sorted(
  model: ResolvedModel,
  records: readonly DataRecord[],
  orderBy: readonly string[],
  evaluation: Evaluation,
): readonly DataRecord[] {
  const terms = orderBy.map((text) => ({ path: text.replace(/^-/, ""), sign: text.startsWith("-") ? -1 : 1 }))
  if (!terms.some(({ path }) => path === "id")) terms.push({ path: "id", sign: terms.at(-1)?.sign ?? 1 })
  return records.toSorted((a, b) => {
    for (const { path, sign } of terms) {
      const first = valueAt(model, a, path, evaluation)
      const second = valueAt(model, b, path, evaluation)
      const order = compareNullable(first.member, first.value, second.value)
      if (order !== 0) return order * sign
    }
    return 0
  })
}

function selectTree(select: readonly SelectEntry[], into = new Map<string, SelectNode>()): Map<string, SelectNode> {
  for (const entry of select) {
    const path = typeof entry === "string" ? entry : entry.path
    let at = into
    let node: SelectNode | undefined
    for (const name of path.split(".")) {
      if (node) at = node.nested ??= new Map()
      node = at.get(name) ?? { nested: undefined, options: undefined }
      at.set(name, node)
    }
    if (typeof entry === "string" || !node) continue
    if (entry.where ?? entry.orderBy ?? entry.limit) node.options = entry
    if (entry.select) node.nested = selectTree(entry.select, node.nested)
  }
  return into
}

const ownColumns = (model: ResolvedModel, sight: StaticSight): Map<string, SelectNode> =>
  new Map(
    model.columns
      .filter(({ name }) => name === "id" || sight.field(model, name))
      .map(({ name }) => [name, { nested: undefined, options: undefined }]),
  )

function shown(
  model: ResolvedModel,
  record: DataRecord,
  select: ReadonlyMap<string, SelectNode>,
  evaluation: Evaluation,
): Answer {
  const answer: Answer = select.has("id") ? {} : { id: record["id"] }
  const masked: string[] = []
  for (const [name, node] of select) {
    const member = model.members.get(name)
    if (!evaluation.sight.cell(model, record, name)) {
      answer[name] = emptyOf(model, name)
      masked.push(name)
    } else if (member?.kind === "many" || member?.kind === "manyToMany")
      answer[name] = shownList(name, node, model, record, evaluation)
    else if (member?.kind === "one" && node.nested && member.local)
      answer[name] = shownOne(member, node.nested, record, evaluation)
    else answer[name] = record[name] ?? null
  }
  if (masked.length > 0) answer["_masked"] = masked
  return answer
}

const emptyOf = (model: ResolvedModel, name: string): readonly never[] | null => {
  const kind = model.members.get(name)?.kind
  return kind === "many" || kind === "manyToMany" ? [] : null
}

function shownOne(
  member: OneMember,
  select: ReadonlyMap<string, SelectNode>,
  record: DataRecord,
  evaluation: Evaluation,
): Answer | null {
  const target = targetOf(member, record, evaluation.dataset)
  if (!target) return null
  const model = member.target
  if (evaluation.sight.record(model, target)) return shown(model, target, select, evaluation)
  const names = select.has("id") ? [...select.keys()] : ["id", ...select.keys()]
  const isShown = (name: string): boolean => name === "id" || (model.publicTitle && name === model.title)
  const answer: Answer = Object.fromEntries(
    names.map((name) => [name, isShown(name) ? (target[name] ?? null) : emptyOf(model, name)]),
  )
  const masked = names.filter((name) => !isShown(name))
  if (masked.length > 0) answer["_masked"] = masked
  return answer
}

function shownList(
  name: string,
  { nested, options }: SelectNode,
  model: ResolvedModel,
  record: DataRecord,
  evaluation: Evaluation,
): readonly Answer[] {
  const member = model.members.get(name)
  if (member?.kind !== "many" && member?.kind !== "manyToMany") return []
  const { target } = member
  const { sight, query, dataset } = evaluation
  const found = listOf(member, record, dataset).filter(
    (item) =>
      isSeenThrough(member, item, sight) &&
      isWanted(target, item, query.archived) &&
      (!options?.where || evaluateWhere(target, options.where, item, evaluation)),
  )
  return sorted(target, found, options?.orderBy ?? [], evaluation)
    .slice(0, options?.limit ?? queryLimits.page)
    .map((item) => shown(target, item, nested ?? new Map(), evaluation))
}
