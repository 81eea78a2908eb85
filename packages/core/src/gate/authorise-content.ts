import { isFixed, sharedValues } from "../adopted.ts"
import type { ColumnMember, ManyMember, ManyToManyMember, ResolvedModel } from "../catalog.ts"
import { type ChangeValues, changeLimits } from "../change.ts"
import { ArchipelError } from "../errors.ts"
import type { ModelBehaviour } from "../service-definition.ts"
import { parseValue } from "../values.ts"
import {
  guarded,
  isClientWritten,
  isWritableList,
  mustBeGiven,
  ruleIdsOf,
  type WriteRights,
  writeRights,
} from "./cell-rights.ts"
import { always } from "./condition.ts"
import { presetCells } from "./preset.ts"
import { idDetail, isRecord, type Payload, parseId, pointerPart } from "./payload.ts"
import { accessDenied } from "./rule-part.ts"
import type { CellValue, Content, DeleteNode, InsertNode, LinesNode, LinksNode, UpdateNode } from "./write-tree.ts"

const LINE_WORDS: ReadonlySet<string> = new Set(["id", "$delete", "$tmp"])

function cell(
  member: ColumnMember,
  given: unknown,
  path: string,
  rights: WriteRights,
  payload: Payload,
): CellValue | undefined {
  const writable = isClientWritten(member) ? rights.writable(member) : undefined
  if (writable === undefined || writable.kind === "false") {
    const rules = writable ? ruleIdsOf(rights) : []
    if (payload.isVisible(member)) payload.denied(member.model, member.name, rules)
    else payload.unknown(member.model, member.name, path)
    return undefined
  }
  if (given === null) {
    if (member.optional) return { member, value: null, path, writable }
    payload.mistake(path, "value.required", `${member.name} may not be empty.`)
    return undefined
  }
  if (rights.operation !== "create" && isFixed(member)) {
    payload.mistake(path, "value.fixed", `${member.name} identifies the record, and does not change.`)
    return undefined
  }
  const parsed = parseValue(member, given)
  if (!parsed.ok) {
    payload.mistake(path, parsed.code, `${member.name} ${parsed.detail}`)
    return undefined
  }
  if (member.kind === "one") {
    const visible = member.local ? payload.rights.of(member.target).read : always
    payload.references.push({ path, member, id: parsed.value as string, visible })
  }
  return { member, value: parsed.value, path, writable }
}

function links(
  member: ManyToManyMember,
  given: unknown,
  path: string,
  rights: WriteRights,
  payload: Payload,
): LinksNode | undefined {
  const list = (value: unknown, at: string): string[] => {
    if (value === undefined) return []
    if (!Array.isArray(value)) {
      payload.mistake(at, "value.type", `${member.name} takes a list of ids.`)
      return []
    }
    const ids = new Set<string>()
    for (const [index, item] of value.entries()) {
      payload.line()
      const id = parseId(member.target, item)
      if (id === undefined) payload.mistake(`${at}/${index}`, "value.type", idDetail(member.target))
      else ids.add(id)
    }
    return [...ids]
  }
  const visible = payload.rights.of(member.target).read
  const check = (ids: readonly string[], at: string): void => {
    for (const [index, id] of ids.entries()) payload.references.push({ path: `${at}/${index}`, member, id, visible })
  }
  const writable = rights.writable(member)
  if (Array.isArray(given)) {
    const add = list(given, path)
    check(add, path)
    return { member, path, writable, visible, replace: true, add, remove: [] }
  }
  if (!isRecord(given) || Object.keys(given).some((key) => key !== "$add" && key !== "$remove")) {
    payload.mistake(path, "value.type", `${member.name} takes a list of ids, or { "$add": […], "$remove": […] }.`)
    return undefined
  }
  const add = list(given["$add"], `${path}/$add`)
  check(add, `${path}/$add`)
  return { member, path, writable, visible, replace: false, add, remove: list(given["$remove"], `${path}/$remove`) }
}

function lineNode(
  member: ManyMember,
  behaviour: ModelBehaviour,
  given: ChangeValues,
  path: string,
  depth: number,
  payload: Payload,
): InsertNode | UpdateNode | DeleteNode | undefined {
  const { target } = member
  const rightsFor = (operation: "create" | "update" | "delete"): WriteRights => {
    const rights = writeRights(payload.rights, behaviour, operation)
    if (!rights) throw accessDenied(target.name, operation)
    return rights
  }
  const tmp = typeof given["$tmp"] === "string" ? given["$tmp"] : undefined
  if (given["id"] === undefined) {
    if (given["$delete"] !== undefined) {
      payload.mistake(`${path}/$delete`, "value.type", "A line without an id cannot be deleted.")
      return undefined
    }
    return insertNode(behaviour, rightsFor("create"), given, { path, depth, tmp, by: member.inverse.name }, payload)
  }
  const id = parseId(target, given["id"])
  if (id === undefined) {
    payload.mistake(`${path}/id`, "value.type", idDetail(target))
    return undefined
  }
  if (given["$delete"] === true) {
    const rest = Object.keys(given).find((name) => !LINE_WORDS.has(name))
    if (rest !== undefined)
      payload.mistake(`${path}/${pointerPart(rest)}`, "value.type", "A line that is deleted has no other values.")
    return {
      kind: "delete",
      behaviour,
      model: target,
      path,
      id,
      version: undefined,
      guard: rightsFor("delete").guard,
    }
  }
  if (given["$delete"] !== undefined && given["$delete"] !== false)
    payload.mistake(`${path}/$delete`, "value.type", "$delete takes true.")
  const rights = rightsFor("update")
  return {
    kind: "update",
    behaviour,
    model: target,
    path,
    id,
    version: undefined,
    guard: rights.guard,
    ...rights.after,
    ...content(behaviour, rights, given, { path, depth, by: member.inverse.name, line: true }, payload),
  }
}

function lines(
  member: ManyMember,
  given: unknown,
  path: string,
  depth: number,
  rights: WriteRights,
  payload: Payload,
): LinesNode | undefined {
  const behaviour = payload.rights.service.models.get(member.target.name) as ModelBehaviour
  if (depth >= changeLimits.depth)
    throw new ArchipelError("query.too_complex", { what: "levels of lines", limit: changeLimits.depth })
  const replace = isRecord(given) && Object.keys(given).length === 1 && Array.isArray(given["$set"])
  const items = replace ? (given["$set"] as readonly unknown[]) : given
  const at = replace ? `${path}/$set` : path
  if (!Array.isArray(items)) {
    payload.mistake(path, "value.type", `${member.name} takes a list of lines, or { "$set": […] }.`)
    return undefined
  }
  const nodes: (InsertNode | UpdateNode | DeleteNode)[] = []
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    payload.line()
    const here = `${at}/${index}`
    if (!isRecord(item)) {
      payload.mistake(here, "value.type", "A line is an object.")
      continue
    }
    const node = lineNode(member, behaviour, item, here, depth + 1, payload)
    if (!node) continue
    if (node.id !== undefined) {
      if (seen.has(node.id)) payload.mistake(`${here}/id`, "line.duplicate", "A line is named once.")
      seen.add(node.id)
    }
    nodes.push(node)
  }
  let guard = guarded(always, [])
  if (replace) {
    const deletion = writeRights(payload.rights, behaviour, "delete")
    if (!deletion) throw accessDenied(member.target.name, "delete")
    guard = deletion.guard
  }
  return { member, path: at, writable: rights.writable(member), replace, nodes, guard }
}

interface Place {
  readonly path: string
  readonly depth: number
  /** For lines: the reference to the parent, which nesting gives. */
  readonly by?: string | undefined
  readonly line?: boolean
}

/** Columns, lines and links that `values` name, with what is wrong about them collected in `payload`. */
export function content(
  behaviour: ModelBehaviour,
  rights: WriteRights,
  values: ChangeValues,
  place: Place,
  payload: Payload,
): Content {
  const { model } = behaviour
  const cells: CellValue[] = []
  const lineNodes: LinesNode[] = []
  const linkNodes: LinksNode[] = []
  for (const [name, given] of Object.entries(values)) {
    if (place.line && LINE_WORDS.has(name)) continue
    const path = `${place.path}/${pointerPart(name)}`
    const member = model.members.get(name)
    if (!member) payload.unknown(model, name, path)
    else if (name === place.by) payload.denied(model, name)
    else if (member.kind === "field" || member.kind === "one") {
      const made = cell(member, given, path, rights, payload)
      if (made) cells.push(made)
    } else if (!isWritableList(member) || rights.writable(member).kind === "false") {
      if (payload.isVisible(member)) payload.denied(model, name, isWritableList(member) ? ruleIdsOf(rights) : [])
      else payload.unknown(model, name, path)
    } else if (member.kind === "many") {
      const made = lines(member, given, path, place.depth, rights, payload)
      if (made) lineNodes.push(made)
    } else {
      const made = links(member, given, path, rights, payload)
      if (made) linkNodes.push(made)
    }
  }
  return { cells, lines: lineNodes, links: linkNodes, presets: presetCells(rights, model, values) }
}

/** The columns that a new record must be given, by model: asked for each record of each create. */
const required = new WeakMap<ResolvedModel, readonly string[]>()

function requiredOf(model: ResolvedModel): readonly string[] {
  let names = required.get(model)
  if (names === undefined) {
    names = model.columns.filter(mustBeGiven).map((m) => m.name)
    required.set(model, names)
  }
  return names
}

/** Of a new adopted row also what its references say of columns that other fields have: named so, and subject to the same rights. */
function withShared({ adopted, columns, key }: ResolvedModel, values: ChangeValues): ChangeValues {
  if (!adopted || key.length === 1) return values
  const shared: Record<string, unknown> = {}
  for (const member of columns) {
    const given = values[member.name]
    const id = member.kind === "one" && given !== null ? parseId(member.target, given) : undefined
    if (id !== undefined) Object.assign(shared, sharedValues(member, id))
  }
  return { ...shared, ...values }
}

/** The fields of a line that its parent's key gives. */
function givenByParent(model: ResolvedModel, by: string | undefined): readonly string[] {
  const member = by === undefined ? undefined : model.members.get(by)
  if (member?.kind !== "one" || member.stored?.kind !== "key") return []
  return member.stored.parts.flatMap(({ sharedWith }) => sharedWith ?? [])
}

export function insertNode(
  behaviour: ModelBehaviour,
  rights: WriteRights,
  values: ChangeValues,
  place: Place & { readonly tmp?: string | undefined; readonly id?: string },
  payload: Payload,
): InsertNode {
  const line = place.by !== undefined
  const named = withShared(behaviour.model, values)
  const made = content(behaviour, rights, named, { ...place, line }, payload)
  const nested = givenByParent(behaviour.model, place.by)
  for (const name of requiredOf(behaviour.model)) {
    if (name === place.by || nested.includes(name) || Object.hasOwn(named, name)) continue
    if (made.presets.some(({ member }) => member.name === name)) continue
    payload.mistake(`${place.path}/${name}`, "value.required", `${name} is required.`)
  }
  return {
    kind: "insert",
    behaviour,
    model: behaviour.model,
    path: place.path,
    id: place.id,
    tmp: place.tmp,
    ...rights.after,
    ...made,
  }
}
