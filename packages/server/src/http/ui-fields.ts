/**
 * What user interfaces are told of fields and relations, as far as the caller may know them.
 *
 * @module
 */
import {
  type ActionDefinition,
  capabilitiesOf,
  type ColumnMember,
  type FieldDefinition,
  type FieldMember,
  finalStates,
  humanName,
  type ResolvedModel,
  type Rights,
  toneOf,
} from "@archipel/core"
import type { VisibleColumn, VisibleList } from "../openapi/visible-model.ts"
import type { Words } from "./ui-words.ts"

export const addressOf = (model: ResolvedModel): string => `/api/${model.service}/${model.collection}`

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

/** What a value is to people beyond its type: what it opens, and how it is written. A key is an "identifier". */
const semantics: ReadonlySet<string> = new Set(["email", "phone", "url", "money"])

/** Type and bounds of a field, as they are in the contract. */
function typeOf(member: ColumnMember | Input, rights: Rights): object {
  if (member.kind === "one") {
    const target = rights.service.catalog.models.get(member.to)
    const known = target === undefined ? {} : { collection: addressOf(target), display: target.title }
    return { type: "one", to: member.to, ...known, ...(member.optional ? { optional: true } : {}) }
  }
  const given = constraints.filter((name) => member[name] !== undefined).map((name) => [name, member[name]])
  return {
    type: member.type,
    ...(semantics.has(member.type) ? { semantic: member.type } : {}),
    ...(Object.fromEntries(given) as object),
  }
}

/** What may be filtered, ordered and grouped by behind a reference into another service: paths from its target. */
export function mirroredPaths(rights: Rights, reference: ColumnMember): readonly string[] {
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

/** The path that records are sorted by where people want them in the order of a column; null where there is none. */
function sortPath(rights: Rights, member: ColumnMember, sorts: boolean): string | null {
  if (member.kind === "field") return sorts ? member.name : null
  const { target } = member
  if (!member.local)
    return mirroredPaths(rights, member).includes(target.title) ? `${member.name}.${target.title}` : null
  const of = rights.of(target)
  const title = target.members.get(target.title)
  const isSeen = title && of.read.kind !== "false" && of.readable(title).kind !== "false"
  return isSeen && target.title !== "id" ? `${member.name}.${target.title}` : null
}

const capsUi = (rights: Rights, member: ColumnMember): object => {
  const { sort, ...caps } = capabilitiesOf(member)
  return { ...caps, sort: sortPath(rights, member, sort) }
}

/** The values of a choice or states, as people see them. */
export function optionsUi(member: FieldMember, words: Words): readonly object[] {
  const final = finalStates(member)
  return (member.values ?? []).map((value) => ({
    value,
    label: words.value(member.model, member, value),
    tone: toneOf(member, value),
    ...(member.type === "states" ? { final: final.has(value) } : {}),
  }))
}

export function columnUi(
  rights: Rights,
  { member, readable, creatable, updatable, required }: VisibleColumn,
  words: Words,
): object {
  const help = words.help(member.model, member)
  return {
    ...typeOf(member, rights),
    ...(member.model.keyMembers.includes(member) ? { semantic: "identifier" } : {}),
    ...mirroredUi(rights, member),
    label: words.label(member.model, member),
    ...(help === undefined ? {} : { help }),
    read: readable !== "never",
    create: creatable,
    update: updatable,
    required,
    writtenBy: member.writtenBy,
    ...(member.kind === "field" && member.values ? { options: optionsUi(member, words) } : {}),
    ...(member.default === undefined ? {} : { default: member.default }),
    ...(readable === "never" ? {} : { caps: capsUi(rights, member) }),
  }
}

export function listUi({ member, writable }: VisibleList, words: Words): object {
  const help = words.help(member.model, member)
  return {
    type: member.kind,
    to: member.to,
    collection: addressOf(member.target),
    display: member.target.title,
    label: words.label(member.model, member),
    ...(help === undefined ? {} : { help }),
    read: true,
    create: writable,
    update: writable,
    ...(member.kind === "many" ? { by: member.by, owned: member.owned === true } : {}),
  }
}

/** What a transition or an action takes, or answers. */
export const inputsUi = (
  rights: Rights,
  inputs: Readonly<Record<string, Input>>,
  labelOf: (input: { readonly name: string; readonly label?: string }) => string,
): object =>
  Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      name,
      {
        ...typeOf(input, rights),
        label: labelOf({ ...input, name }),
        ...(input.help === undefined ? {} : { help: input.help }),
        required: !input.optional && input.default === undefined,
        ...(input.default === undefined ? {} : { default: input.default }),
        ...(input.kind === "field" && input.values ? { options: toned(input, input.values) } : {}),
      },
    ]),
  )

const toned = (input: FieldDefinition, values: readonly string[]): readonly object[] =>
  values.map((value) => ({ value, label: humanName(value), tone: toneOf(input, value) }))
