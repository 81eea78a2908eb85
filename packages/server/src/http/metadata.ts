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
import type { ProgramTarget } from "../openapi/handlers.ts"
import type { Exchange, ModelTarget, ServiceTarget } from "./exchange.ts"
import { onlyParams, readParams } from "./params.ts"
import { json, type Reply } from "./reply.ts"

/**
 * What a service publishes of itself for user interfaces: an index, and a description of each model, both cut to what the
 * caller's roles can see and do. It is a hint for what to show; the service decides each request anew.
 *
 * @module
 */

/** Version of the form of these descriptions; it grows by one when something in them changes its meaning. */
const CONTRACT = 1

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

const serviceUi = (rights: Rights): object => ({
  contract: CONTRACT,
  service: rights.service.name,
  title: humanName(rights.service.name),
  models: [...visibleModels(rights).values()].map(({ model, operations }) => ({
    name: model.name,
    title: titleOf(model),
    plural: pluralOf(model),
    collection: addressOf(model),
    lines: model.owner !== undefined,
    read: operations.has("read"),
  })),
})

interface Description {
  readonly text: string
  readonly tag: string
}

const described = new WeakMap<Rights, Map<string, Description>>()

/** Descriptions depend on roles alone, so one of each is kept as long as the rights are. */
function kept(rights: Rights, name: string, make: () => object): Description {
  let texts = described.get(rights)
  if (!texts) described.set(rights, (texts = new Map()))
  let known = texts.get(name)
  if (!known) {
    const text = JSON.stringify(make())
    known = { text, tag: `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"` }
    texts.set(name, known)
  }
  return known
}

function description({ request, search }: Exchange, { text, tag }: Description): Reply {
  onlyParams(readParams(search), [])
  const headers = { etag: tag, "cache-control": "private, no-cache" }
  const isKnown = request.headers
    .get("if-none-match")
    ?.split(",")
    .some((each) => each.trim() === tag)
  return isKnown ? { status: 304, headers, body: null } : json(text, 200, headers)
}

export async function serviceMetadata(exchange: Exchange, { runtime }: ServiceTarget): Promise<Reply> {
  const rights = rightsOf(runtime.definition, exchange.principal)
  return description(
    exchange,
    kept(rights, "", () => serviceUi(rights)),
  )
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

/** The services of this program, for those who do not know them yet; those of other processes are marked while they do not answer. */
export async function programMetadata({ search }: Exchange, { services, rest }: ProgramTarget): Promise<Reply> {
  onlyParams(readParams(search), [])
  const others = rest?.services()
  const all = [...new Set([...services.keys(), ...(others?.keys() ?? [])])].toSorted().map((service) => ({
    service,
    title: humanName(service),
    ui: `/api/${service}/$ui`,
    ...(others?.get(service)?.isAway && !services.has(service) ? { away: true } : {}),
  }))
  return json(JSON.stringify({ contract: CONTRACT, services: all }))
}
