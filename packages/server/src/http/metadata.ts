import { createHash } from "node:crypto"
import {
  type ActionDefinition,
  ArchipelError,
  type ColumnMember,
  humanName,
  type ResolvedModel,
  type Rights,
  rightsOf,
} from "@archipel/core"
import { type VisibleColumn, type VisibleModel, visibleModels } from "../openapi/visible-model.ts"
import type { Exchange, ModelTarget, ServiceTarget } from "./exchange.ts"
import { onlyParams, readParams } from "./params.ts"
import type { IndexedReference, ServiceIndex } from "./related-lists.ts"
import { json, type Reply } from "./reply.ts"
import type { Described } from "./rest.ts"

/**
 * What a service publishes of itself for user interfaces: an index, and a description of each model, both cut to what the
 * caller's roles can see and do. It is a hint for what to show; the service decides each request anew.
 *
 * @module
 */

/** Version of the form of these descriptions; it grows by one when something in them changes its meaning. */
export const CONTRACT = 1

const titleOf = (model: ResolvedModel): string => model.label ?? humanName(model.localName)
const pluralOf = (model: ResolvedModel): string => humanName(model.collection.replaceAll("-", "_"))
const addressOf = (model: ResolvedModel): string => `/api/${model.service}/${model.collection}`

const constraints = [
  "optional",
  "unique",
  "tracked",
  "scale",
  "precision",
  "currency",
  "min",
  "max",
  "maxLength",
  "values",
] as const // prettier-ignore

type Input = ActionDefinition["input"][string]

/** Type and bounds of a field, as they are in the contract. */
function typeOf(member: ColumnMember | Input, rights: Rights): object {
  if (member.kind === "one") {
    const target = rights.service.catalog.models.get(member.to)
    const known = target === undefined ? {} : { collection: addressOf(target), display: target.title }
    return { type: "one", to: member.to, ...known, ...(member.optional ? { optional: true } : {}) }
  }
  const given = constraints.filter((name) => member[name] !== undefined).map((name) => [name, member[name]])
  return { type: member.type, ...(Object.fromEntries(given) as object) }
}

const labelOf = (name: string, member: { readonly label?: string }): string => member.label ?? humanName(name)

/** What may be filtered, ordered and grouped by behind a reference into another service: paths from its target. */
function mirroredPaths(rights: Rights, reference: ColumnMember): readonly string[] {
  const target = reference.kind === "one" ? rights.service.mirrors.through(reference)?.target : undefined
  if (!target) return []
  const { readable } = rights.of(target)
  return target.columns
    .filter((member) => member.name !== "id" && readable(member).kind !== "false")
    .flatMap((member) => [member.name, ...mirroredPaths(rights, member).map((path) => `${member.name}.${path}`)])
}

function mirroredUi(rights: Rights, member: ColumnMember): object {
  if (member.kind !== "one" || member.local) return {}
  const mirrored = mirroredPaths(rights, member)
  return mirrored.length === 0 ? {} : { mirrored }
}

const columnUi = (rights: Rights, { member, readable, creatable, updatable, required }: VisibleColumn): object => ({
  ...typeOf(member, rights),
  ...mirroredUi(rights, member),
  label: labelOf(member.name, member),
  read: readable !== "never",
  create: creatable,
  update: updatable,
  required,
  writtenBy: member.writtenBy,
  ...(member.default === undefined ? {} : { default: member.default }),
})

const inputsUi = (rights: Rights, inputs: Readonly<Record<string, Input>>): object =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      name,
      {
        ...typeOf(input, rights),
        label: labelOf(name, input),
        required: !input.optional && input.default === undefined,
      },
    ]),
  )

function invocationsUi(rights: Rights, { model, invocations }: VisibleModel): object {
  const transitions: Record<string, object> = {}
  const actions: Record<string, object> = {}
  for (const { name, transition } of invocations) {
    if (transition) {
      const { field, from, to, label, input } = transition
      transitions[name] = {
        field: field.name,
        from,
        to,
        label: label ?? humanName(name),
        input: inputsUi(rights, input ?? {}),
      }
      continue
    }
    const action = model.actions.get(name)
    if (!action) continue
    actions[name] = {
      label: action.label ?? humanName(name),
      input: inputsUi(rights, action.input),
      output: inputsUi(rights, action.output),
    }
  }
  return { transitions, actions }
}

function modelUi(rights: Rights, visible: VisibleModel): object {
  const { model, operations, columns, lists } = visible
  const fields: Record<string, object> = {}
  for (const column of columns) fields[column.member.name] = columnUi(rights, column)
  for (const { member, writable } of lists) {
    fields[member.name] = {
      type: member.kind,
      to: member.to,
      collection: addressOf(member.target),
      display: member.target.title,
      label: labelOf(member.name, member),
      read: true,
      create: writable,
      update: writable,
      ...(member.kind === "many" ? { by: member.by, owned: member.owned === true } : {}),
    }
  }
  // In the contract's order, which is the author's idea of what comes first.
  const ordered = [...model.members.keys()].filter((name) => name in fields).map((name) => [name, fields[name]])
  return {
    contract: CONTRACT,
    name: model.name,
    title: titleOf(model),
    plural: pluralOf(model),
    collection: addressOf(model),
    display: model.title,
    archive: model.archive,
    ...(model.owner ? { owner: { model: model.owner.model.name, field: model.owner.name } } : {}),
    rights: {
      read: operations.has("read"),
      create: operations.has("create"),
      update: operations.has("update"),
      delete: operations.has("delete"),
    },
    fields: Object.fromEntries(ordered) as object,
    ...invocationsUi(rights, visible),
  }
}

/** Those of the contract: who created and changed a record would relate everything to users. */
const referencesUi = (columns: readonly VisibleColumn[]): readonly IndexedReference[] =>
  columns.flatMap(({ member, readable }) =>
    member.kind === "one" && member.writtenBy !== "framework" && readable !== "never"
      ? { field: member.name, to: member.to, label: labelOf(member.name, member) }
      : [],
  )

const serviceUi = (rights: Rights): ServiceIndex => ({
  contract: CONTRACT,
  service: rights.service.name,
  title: humanName(rights.service.name),
  models: [...visibleModels(rights).values()].map(({ model, operations, columns }) => ({
    name: model.name,
    title: titleOf(model),
    plural: pluralOf(model),
    collection: addressOf(model),
    lines: model.owner !== undefined,
    read: operations.has("read"),
    references: referencesUi(columns),
  })),
})

export function describedAs(value: object): Described {
  const text = JSON.stringify(value)
  return { text, etag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` }
}

const described = new WeakMap<Rights, Map<string, Described>>()

/** Descriptions depend on roles alone, so one of each is kept as long as the rights are. */
function kept(rights: Rights, name: string, make: () => object): Described {
  let texts = described.get(rights)
  if (!texts) described.set(rights, (texts = new Map()))
  let known = texts.get(name)
  if (!known) texts.set(name, (known = describedAs(make())))
  return known
}

/** Answers with a description, or that it is the one which the caller has. */
export function description({ request, search }: Exchange, { text, etag }: Described): Reply {
  onlyParams(readParams(search), [])
  const headers = { etag, "cache-control": "private, no-cache" }
  const isKnown = request.headers
    .get("if-none-match")
    ?.split(",")
    .some((each) => each.trim() === etag)
  return isKnown ? { status: 304, headers, body: null } : json(text, 200, headers)
}

/** The models of a service, cut to what the caller's roles can see and do. */
export const serviceIndex = (rights: Rights): Described => kept(rights, "", () => serviceUi(rights))

export async function serviceMetadata(exchange: Exchange, { runtime }: ServiceTarget): Promise<Reply> {
  return description(exchange, serviceIndex(rightsOf(runtime.definition, exchange.principal)))
}

/** @throws `access.denied` to those who can do nothing with the model. */
export async function modelMetadata(exchange: Exchange, { runtime, model }: ModelTarget): Promise<Reply> {
  const rights = rightsOf(runtime.definition, exchange.principal)
  const visible = visibleModels(rights).get(model.name)
  if (!visible) throw new ArchipelError("access.denied", { model: model.name, operation: "see" })
  return description(
    exchange,
    kept(rights, model.name, () => modelUi(rights, visible)),
  )
}
