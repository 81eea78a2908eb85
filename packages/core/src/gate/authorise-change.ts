import type { ColumnMember, FieldMember, OneMember, ResolvedModel } from "../catalog.ts"
import type { Change, ChangeValues, InvokeChange, UpsertChange } from "../change.ts"
import type { FieldDefinition, OneDefinition } from "../definition.ts"
import { ArchipelError } from "../errors.ts"
import type { ModelBehaviour, ResolvedInvocation } from "../service-definition.ts"
import { parseValue } from "../values.ts"
import type { AuthorisedChange } from "./authorised.ts"
import { content, insertNode } from "./authorise-content.ts"
import {
  afterwards,
  guarded,
  restrictionParts,
  type RowOperation,
  type WriteRights,
  writeRights,
} from "./cell-rights.ts"
import { always, type Condition, never, not } from "./condition.ts"
import { idDetail, isRecord, Payload, parseId, pointerPart } from "./payload.ts"
import type { Principal } from "./principal.ts"
import type { ModelRights, Rights } from "./rights.ts"
import { accessDenied, type RulePart } from "./rule-part.ts"
import type {
  ArchiveNode,
  CellValue,
  DeleteNode,
  InsertNode,
  InvokeNode,
  UpdateNode,
  UpsertNode,
  WriteNode,
} from "./write-tree.ts"

/** @throws `request.invalid` */
export const invalid = (path: string, code: string, detail: string): never => {
  throw new ArchipelError("request.invalid", { errors: [{ path, code, detail }] })
}

/** @throws `access.denied` if the operation is refused whatever the row */
export function rightsFor(rights: Rights, behaviour: ModelBehaviour, operation: RowOperation): WriteRights {
  const { model, owner } = behaviour
  // Lines are written through their parent only, whoever asks.
  const made = owner === undefined ? writeRights(rights, behaviour, operation) : undefined
  if (!made) throw accessDenied(model.name, operation)
  return made
}

const notFound = (model: ResolvedModel, id: unknown): never => {
  throw new ArchipelError("record.not_found", { model: model.name, id: String(id) })
}

/** @throws `record.not_found` for what cannot be an id */
export const idOf = (model: ResolvedModel, id: unknown): string => parseId(model, id) ?? notFound(model, id)

export function updateNode(
  behaviour: ModelBehaviour,
  rights: WriteRights,
  id: string,
  version: number | undefined,
  values: ChangeValues,
  payload: Payload,
): UpdateNode {
  return {
    kind: "update",
    behaviour,
    model: behaviour.model,
    path: "",
    id,
    version,
    guard: rights.guard,
    ...rights.after,
    ...content(behaviour, rights, values, { path: "", depth: 0 }, payload),
  }
}

function upsertNode(behaviour: ModelBehaviour, change: UpsertChange, payload: Payload): UpsertNode {
  const { model } = behaviour
  const create = rightsFor(payload.rights, behaviour, "create")
  const update = rightsFor(payload.rights, behaviour, "update")
  const key = [...change.key].sort().join()
  if (!model.unique.some((fields) => [...fields].sort().join() === key)) {
    invalid("/key", "key.unknown", `${model.name} has no unique key of ${change.key.join(", ") || "no fields"}.`)
  }
  for (const name of change.key) {
    if ((change.values[name] ?? null) === null)
      payload.mistake(`/${name}`, "value.required", `${name} is part of the key.`)
  }
  const insert = insertNode(behaviour, create, change.values, { path: "", depth: 0 }, payload)
  const references = payload.references.length
  const mistakes = payload.mistakes.length
  const made = updateNode(behaviour, update, "", undefined, change.values, payload)
  // The same values were looked at twice.
  payload.references.length = references
  payload.mistakes.length = mistakes
  return {
    kind: "upsert",
    behaviour,
    model,
    path: "",
    key: change.key.map((name) => model.members.get(name) as ColumnMember),
    insert,
    update: { ...made, cells: made.cells.filter((c) => !change.key.includes(c.member.name)) },
  }
}

/** An input's definition as a member, so that values are checked in one way. */
function inputMember(model: ResolvedModel, name: string, definition: FieldDefinition | OneDefinition): ColumnMember {
  if (definition.kind === "field") return { ...definition, name, columnName: name, model } as FieldMember
  return { ...definition, name, columnName: name, model, target: model, local: false } as OneMember
}

/** Whether an input's default is a word that the write gives its meaning: who asks, and when. */
const isOfTheMoment = (definition: FieldDefinition | OneDefinition): boolean =>
  definition.kind === "one"
    ? definition.default === "me"
    : (definition.type === "date" && definition.default === "today") ||
      (definition.type === "datetime" && definition.default === "now")

/** Values for an action's or a transition's input: named ones checked, constant defaults filled in, mistakes collected. */
export function inputValues(
  model: ResolvedModel,
  definitions: Readonly<Record<string, FieldDefinition | OneDefinition>>,
  given: ChangeValues,
  base: string,
  mistake: (path: string, code: string, detail: string) => void,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(definitions, name))
      mistake(`${base}/${pointerPart(name)}`, "value.unknown", `There is no input "${name}".`)
  }
  for (const [name, definition] of Object.entries(definitions)) {
    const path = `${base}/${name}`
    if (!Object.hasOwn(given, name) && isOfTheMoment(definition)) continue
    const value = Object.hasOwn(given, name) ? given[name] : (definition.default ?? null)
    if (value === null || value === undefined) {
      if (definition.optional) values[name] = null
      else mistake(path, "value.required", `${name} is required.`)
      continue
    }
    const parsed = parseValue(inputMember(model, name, definition), value)
    if (parsed.ok) values[name] = parsed.value
    else mistake(path, parsed.code, `${name} ${parsed.detail}`)
  }
  return values
}

/** What a row must satisfy for a transition or an action, each rule for itself. */
export function invocationParts(own: ModelRights, invocation: ResolvedInvocation, invokes: Condition): RulePart[] {
  const { id, where, notBy } = invocation
  const mine: Condition = notBy
    ? { kind: "compare", member: notBy, comparison: "eq", operand: { kind: "me" }, readable: always }
    : never
  const parts = [
    { rules: [id], condition: invokes },
    { rules: [`${id}/where`], condition: where },
    { rules: [`${id}/notBy`], condition: not(mine) },
  ]
  return [...restrictionParts(own), ...parts.filter(({ condition }) => condition.kind !== "true")]
}

function invokeNode(behaviour: ModelBehaviour, change: InvokeChange, payload: Payload): InvokeNode {
  const { model } = behaviour
  const { rights } = payload
  const invocation = behaviour.invocations.get(change.action)
  if (!invocation) throw new ArchipelError("query.unknown_field", { model: model.name, field: change.action })
  const invokes = rights.invokes(invocation, model)
  if (invokes.kind === "false") throw accessDenied(model.name, change.action, [invocation.id])
  const own = rights.of(model)
  const definitions = invocation.transition?.input ?? model.actions.get(change.action)?.input ?? {}
  const given = change.input ?? {}
  if (!isRecord(given)) invalid("/input", "value.type", "The input is an object.")
  const input = inputValues(model, definitions, given, "", (path, code, detail) => payload.mistake(path, code, detail))
  const cells: CellValue[] = []
  if (invocation.transition) {
    for (const [name, value] of Object.entries(input)) {
      const member = model.members.get(name)
      if (member?.kind !== "field" && member?.kind !== "one") continue
      cells.push({ member, value, path: `/${name}`, writable: always })
      if (member.kind === "one" && value !== null) {
        const visible = member.local ? rights.of(member.target).read : always
        payload.references.push({ path: `/${name}`, member, id: value as string, visible })
      }
    }
  }
  const defaults = Object.entries(definitions)
    .filter(([name, definition]) => !Object.hasOwn(given, name) && isOfTheMoment(definition))
    .map(([name, definition]) => inputMember(model, name, definition))
  return {
    kind: "invoke",
    behaviour,
    model,
    path: "",
    id: idOf(model, change.id),
    version: change.version,
    invocation,
    input,
    cells,
    defaults,
    guard: guarded(own.read, rights.system ? [] : invocationParts(own, invocation, invokes)),
    ...afterwards(restrictionParts(own)),
  }
}

function rootOf(behaviour: ModelBehaviour, change: Change, payload: Payload): WriteNode {
  const { rights } = payload
  const { model } = behaviour
  switch (change.operation) {
    case "create": {
      const create = rightsFor(rights, behaviour, "create")
      // Of an adopted row it is a field, and so subject to the right to write it.
      const values = model.adopted && change.id !== undefined ? { ...change.values, id: change.id } : change.values
      const id = model.adopted || change.id === undefined ? undefined : parseId(model, change.id)
      if (!model.adopted && change.id !== undefined && id === undefined)
        payload.mistake("/id", "value.type", idDetail(model))
      return insertNode(
        behaviour,
        create,
        values,
        { path: "", depth: 0, ...(id ? { id } : {}) },
        payload,
      ) satisfies InsertNode
    }
    case "update": {
      const update = rightsFor(rights, behaviour, "update")
      return updateNode(behaviour, update, idOf(model, change.id), change.version, change.values, payload)
    }
    case "delete": {
      const guard = rightsFor(rights, behaviour, "delete").guard
      const node: DeleteNode = {
        kind: "delete",
        behaviour,
        model,
        path: "",
        id: idOf(model, change.id),
        version: change.version,
        guard,
      }
      return node
    }
    case "archive":
    case "restore": {
      const update = rightsFor(rights, behaviour, "update")
      if (!model.archive) invalid("/operation", "operation.unknown", `${model.name} is not archived.`)
      const node: ArchiveNode = {
        kind: "archive",
        behaviour,
        model,
        path: "",
        id: idOf(model, change.id),
        version: change.version,
        restore: change.operation === "restore",
        guard: update.guard,
        ...update.after,
      }
      return node
    }
    case "upsert":
      return upsertNode(behaviour, change, payload)
    case "invoke":
      return invokeNode(behaviour, change, payload)
  }
}

/**
 * The gate for writing: what a principal with these rights may change, and what must hold when it happens. Pure.
 *
 * @throws `query.unknown_model`, `access.denied` (no grant for the operation at all), `query.unknown_field`,
 *   `access.field_denied`, `record.invalid` with all mistakes, `record.not_found` for an id that cannot be one,
 *   `query.too_complex`, `request.invalid`
 */
export function authoriseChange(rights: Rights, principal: Principal, change: Change): AuthorisedChange {
  const behaviour = rights.service.models.get(change.model)
  if (!behaviour) throw new ArchipelError("query.unknown_model", { model: change.model })
  if ("values" in change && !isRecord(change.values)) invalid("", "value.type", "The values are an object.")
  const payload = new Payload(rights, principal)
  const root = rootOf(behaviour, change, payload)
  payload.finish()
  return { change, rights, principal, tree: { root, references: payload.references } } as unknown as AuthorisedChange
}
