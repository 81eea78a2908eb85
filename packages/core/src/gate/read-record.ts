import type { ColumnMember, ListMember, OneMember, ResolvedModel } from "../catalog.ts"
import { ArchipelError } from "../errors.ts"
import { type Query, queryLimits } from "../query.ts"
import { bindWhere, invalidQuery, ordersRecords, unknownField, visibleMember, type WhereScope } from "./bind-where.ts"
import { allOf, always, type Condition, not } from "./condition.ts"
import { callerValues } from "./caller-values.ts"
import type {
  ElsewhereNode,
  FieldNode,
  ListNode,
  OneNode,
  OrderTerm,
  RecordNode,
  RemoteNode,
  ValuePath,
} from "./read-tree.ts"
import { type Rights, visibleThrough } from "./rights.ts"
import { type SelectTree, type SelectTreeEntry, toSelectEntries } from "./select-tree.ts"

/** What the parts of one query share while it passes the gate. */
export interface ReadScope extends WhereScope {
  readonly rights: Rights
  readonly archived: Query["archived"]
  /** The conditions on other services' records, as they are met. */
  readonly asked: ElsewhereNode[]
}

/** Hides archived records unless the query asks for them. */
export function archiveFilter(model: ResolvedModel, archived: Query["archived"]): Condition {
  const member = model.members.get("archivedAt") as ColumnMember | undefined
  if (!model.archive || !member || archived === "any") return always
  const isArchived: Condition = { kind: "isSet", member, readable: always }
  return archived === "only" ? isArchived : not(isArchived)
}

/** A column through to-one references, also of what is mirrored here. @throws `query.unknown_field`, `query.remote_path`, `query.invalid` */
export function valuePath(model: ResolvedModel, path: string, use: string, scope: ReadScope): ValuePath {
  const names = path.split(".")
  if (names.length > queryLimits.depth)
    throw new ArchipelError("query.too_complex", { what: "levels of relations", limit: queryLimits.depth })
  const steps: ValuePath["steps"][number][] = []
  let at = model
  let crossing: OneMember | undefined
  const assertKept = (name: string): void => {
    if (!crossing || at.members.has(name)) return
    throw new ArchipelError("query.remote_path", { model: crossing.model.name, field: crossing.name, use })
  }
  for (const name of names.slice(0, -1)) {
    assertKept(name)
    const { member, readable } = visibleMember<"any">(at, name, scope.rights)
    if (member.kind !== "one")
      throw member.kind === "field" ? unknownField(at, path) : invalidQuery(`/${use}`, `${path} leads through a list.`)
    const step = member.local ? member : scope.rights.service.mirrors.through(member)
    if (!step) throw new ArchipelError("query.remote_path", { model: at.name, field: name, use })
    if (!member.local) crossing ??= member
    steps.push({ member: step, readable, visible: scope.rights.of(step.target).read })
    at = step.target
  }
  assertKept(names.at(-1) as string)
  const { member, readable } = visibleMember<"any">(at, names.at(-1) as string, scope.rights)
  if (member.kind !== "field" && member.kind !== "one") throw invalidQuery(`/${use}`, `${path} is a list.`)
  return { steps, member, readable }
}

/** Order terms, made total by `id`. @throws as `valuePath`, and `query.invalid` for what records are not ordered by */
export function orderTerms(model: ResolvedModel, orderBy: readonly string[], scope: ReadScope): OrderTerm[] {
  if (orderBy.length > queryLimits.orderTerms)
    throw new ArchipelError("query.too_complex", { what: "order terms", limit: queryLimits.orderTerms })
  const terms = orderBy.map((text): OrderTerm => {
    const descending = text.startsWith("-")
    const value = valuePath(model, descending ? text.slice(1) : text, "orderBy", scope)
    if (!ordersRecords(value.member)) throw invalidQuery("/orderBy", `Records are not ordered by ${value.member.name}.`)
    return { value, descending }
  })
  if (!terms.some((t) => t.value.steps.length === 0 && t.value.member.name === "id")) {
    // The tie-breaker runs with the last term, so that one index serves the whole order.
    terms.push({
      value: { steps: [], member: idOf(model), readable: always },
      descending: terms.at(-1)?.descending ?? false,
    })
  }
  return terms
}

export const idOf = (model: ResolvedModel): ColumnMember => model.members.get("id") as ColumnMember

/** 1 to `queryLimits.page`. */
export function pageLimit(limit: number | undefined, otherwise: number, path = "/limit"): number {
  if (limit === undefined) return otherwise
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > queryLimits.page) {
    throw invalidQuery(path, `limit is 1 to ${queryLimits.page}.`)
  }
  return limit
}

const fieldNode = (name: string, member: ColumnMember, readable: Condition): FieldNode => ({ name, member, readable })

function listNode(
  name: string,
  member: ListMember,
  readable: Condition,
  entry: SelectTreeEntry,
  scope: ReadScope,
): ListNode {
  if (!member.local) {
    throw new ArchipelError("query.remote_path", { model: member.model.name, field: name, use: "a list" })
  }
  const { target } = member
  const node = recordNode(target, entry.nested ?? { entries: new Map() }, scope)
  const own: ReadScope = { ...scope, ...callerValues(entry.firstValue, scope.asked) }
  const where = entry.options?.where ? bindWhere(target, entry.options.where, own, `/select/${name}/where`) : always
  return {
    name,
    member,
    readable,
    where: allOf([visibleThrough(member, scope.rights, true), archiveFilter(target, scope.archived), where]),
    orderBy: orderTerms(target, entry.options?.orderBy ?? [], scope),
    limit: pageLimit(entry.options?.limit, queryLimits.page, `/select/${name}/limit`),
    node,
  }
}

function oneNode(name: string, member: OneMember, readable: Condition, nested: SelectTree, scope: ReadScope): OneNode {
  const { target } = member
  const visible = scope.rights.of(target).read
  const node = recordNode(target, nested, scope, visible.kind === "false")
  return { name, member, readable, visible, publicTitle: target.publicTitle, node }
}

/**
 * What a select asks of one record, with its `id` always.
 *
 * @param titleOnly The record itself may never be seen: only what a reference shows of it, its id and a public title.
 */
export function recordNode(model: ResolvedModel, select: SelectTree, scope: ReadScope, titleOnly = false): RecordNode {
  const fields: FieldNode[] = []
  const ones: OneNode[] = []
  const lists: ListNode[] = []
  const remotes: RemoteNode[] = []
  if (!select.entries.has("id")) fields.push(fieldNode("id", idOf(model), always))
  for (const [name, entry] of select.entries) {
    if (name === "id" && !entry.nested) {
      fields.push(fieldNode("id", idOf(model), always))
      continue
    }
    if (model.publicTitle && name === model.title && !entry.nested) {
      fields.push(
        fieldNode(
          name,
          model.members.get(name) as ColumnMember,
          titleOnly ? always : scope.rights.of(model).readable(model.members.get(name) as ColumnMember),
        ),
      )
      continue
    }
    if (titleOnly) throw unknownField(model, name)
    const { member, readable } = visibleMember<"any">(model, name, scope.rights)
    if (member.kind === "field") {
      const first = entry.nested?.entries.keys().next().value
      if (first !== undefined) throw unknownField(model, `${name}.${first}`)
      fields.push(fieldNode(name, member, readable))
    } else if (member.kind === "one") {
      if (entry.options)
        throw invalidQuery(`/select/${name}`, `${name} is one record: it takes no condition, order or limit.`)
      if (!entry.nested) fields.push(fieldNode(name, member, readable))
      else if (member.local) ones.push(oneNode(name, member, readable, entry.nested, scope))
      else remotes.push({ name, member, readable, select: toSelectEntries(entry.nested) })
    } else lists.push(listNode(name, member, readable, entry, scope))
  }
  const maskable =
    [...fields, ...lists].some((m) => m.readable.kind !== "true") ||
    ones.some((o) => o.readable.kind !== "true" || o.visible.kind !== "true") ||
    remotes.some((r) => r.readable.kind !== "true")
  const names = select.entries.has("id") ? [...select.entries.keys()] : ["id", ...select.entries.keys()]
  return { model, fields, ones, lists, remotes, names, maskable }
}

/** All that a principal may ever read of a record's own columns: the select when none is given. */
export const readableColumns = (model: ResolvedModel, rights: Rights): SelectTree => ({
  entries: new Map(
    model.columns
      .filter((m) => rights.of(model).readable(m).kind !== "false")
      .map((m): [string, SelectTreeEntry] => [m.name, { nested: undefined, options: undefined, firstValue: 0 }]),
  ),
})
