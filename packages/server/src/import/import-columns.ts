/**
 * What the columns of a table mean in a model.
 *
 * @module
 */
import {
  ArchipelError,
  type ColumnMember,
  type FieldMember,
  humanName,
  type OneMember,
  type ResolvedModel,
} from "@archipel/core"
import type { VisibleModel } from "../openapi/visible-model.ts"
import type { ImportRequest } from "./import-request.ts"

/** A column, and what it fills. */
export interface ImportColumn {
  /** As the table calls it. */
  readonly header: string
  /** Its place in a row. */
  readonly index: number
  readonly member: ColumnMember
  /** For a reference: the field of the target that its texts are compared with. */
  readonly by?: FieldMember
  /** What it is used for: a value, the state to reach, or to find the record. */
  readonly use: "value" | "state" | "id"
}

export interface ImportColumns {
  readonly columns: readonly ImportColumn[]
  /** Those that mean nothing here. */
  readonly ignored: readonly string[]
  readonly key: ImportColumn | undefined
}

const unknown = (model: ResolvedModel, field: string) =>
  new ArchipelError("query.unknown_field", { model: model.name, field: field.slice(0, 200) })

const invalid = (path: string, detail: string) =>
  new ArchipelError("request.invalid", { errors: [{ path, code: "value.unknown", detail }] })

const simple = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}.]+/gu, "")

/** The path that a header says by itself: a field's name or label. */
function guessed({ columns }: VisibleModel, header: string): string | undefined {
  const [first = "", ...rest] = header.trim().split(".")
  const named = columns.find(({ member }) => member.name === first)
  if (named) return [first, ...rest].join(".")
  const asked = simple(header)
  return columns.find(({ member }) => [member.name, member.label ?? humanName(member.name)].map(simple).includes(asked))
    ?.member.name
}

/** A field of a reference's target by which single records can be found. */
function lookupField(reference: OneMember, name: string): FieldMember {
  const { target } = reference
  const field = target.members.get(name)
  const isKey =
    name === "id" || name === target.title || target.unique.some((key) => key.length === 1 && key[0] === name)
  if (field?.kind !== "field" || !isKey) {
    throw invalid(
      "/mapping",
      `${target.name} is looked up by id, "${target.title}" or a unique field, not "${name.slice(0, 60)}".`,
    )
  }
  return field
}

function columnOf(visible: VisibleModel, header: string, index: number, path: string): ImportColumn {
  const { model, columns } = visible
  const [first = "", second, ...rest] = path.split(".")
  const seen = columns.find(({ member }) => member.name === first)
  if (!seen) throw unknown(model, path)
  const { member, creatable, updatable } = seen
  if (member.kind === "field") {
    if (second !== undefined) throw unknown(model, path)
    if (member.name === "id") return { header, index, member, use: "id" }
    if (member.type === "states") return { header, index, member, use: "state" }
    if (member.type === "file" || member.type === "image" || member.type === "json")
      throw invalid("/mapping", `${first} is not imported from a text.`)
  }
  if (!creatable && !updatable) throw new ArchipelError("access.field_denied", { model: model.name, fields: [first] })
  if (member.kind === "field") return { header, index, member, use: "value" }
  if (rest.length > 0) throw invalid("/mapping", "A reference is looked up by a field of its own target.")
  return { header, index, member, by: lookupField(member, second ?? member.target.title), use: "value" }
}

/** Names that the framework fills, which exports have and imports leave out without a word. */
const AUTOMATIC: ReadonlySet<string> = new Set(["version", "createdAt", "createdBy", "updatedAt", "updatedBy"])

/**
 * What the columns mean: as the mapping says, else as their names do.
 *
 * @throws `query.unknown_field`, `access.field_denied`, `request.invalid` for what the mapping asks and cannot be
 */
export function importColumns(
  visible: VisibleModel,
  { columns: headers, mapping, key: keyName }: ImportRequest,
): ImportColumns {
  for (const header of Object.keys(mapping))
    if (!headers.includes(header)) throw invalid("/mapping", `There is no column "${header.slice(0, 60)}".`)
  const columns: ImportColumn[] = []
  const ignored: string[] = []
  for (const [index, header] of headers.entries()) {
    const told = Object.hasOwn(mapping, header) ? mapping[header] : undefined
    const path = told === undefined ? guessed(visible, header) : told
    const isOwn = path !== undefined && path !== null && !(told === undefined && isLeftOut(visible, path))
    if (!isOwn) ignored.push(header)
    else columns.push(columnOf(visible, header, index, path))
  }
  const twice = columns.find(({ member }, i) => columns.findIndex((each) => each.member === member) !== i)
  if (twice) throw invalid("/mapping", `${twice.member.name} is filled by two columns.`)
  const key = keyName === undefined ? undefined : columns.find(({ member }) => member.name === keyName)
  if (keyName !== undefined) {
    const { model } = visible
    const isKey = keyName === "id" || model.unique.some((names) => names.length === 1 && names[0] === keyName)
    if (!isKey || (key && key.member.kind !== "field"))
      throw invalid("/key", `${model.name} has no unique field "${keyName.slice(0, 60)}".`)
    if (!key) throw invalid("/key", `No column fills "${keyName}".`)
  }
  return { columns, ignored, key }
}

/** Whether a column that nobody mapped is left out: what clients never write. */
function isLeftOut({ columns }: VisibleModel, path: string): boolean {
  const seen = columns.find(({ member }) => member.name === path.split(".")[0])
  if (!seen || AUTOMATIC.has(seen.member.name)) return true
  const { member, creatable, updatable } = seen
  if (member.kind === "field" && (member.name === "id" || member.type === "states")) return false
  return !creatable && !updatable
}
