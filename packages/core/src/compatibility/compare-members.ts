import { mustBeGiven } from "../gate/cell-rights.ts"
import { compareDecimals } from "../decimal.ts"
import type { FieldDefinition, FieldType, MemberDefinition, OneDefinition } from "../definition.ts"
import { type ContractDifference, difference, type DifferenceKind } from "./difference.ts"

/** What of one member differs, before it is said of whom. */
export interface MemberChange {
  readonly kind: DifferenceKind
  readonly words: string
}

const change = (kind: DifferenceKind, words: string): MemberChange => ({ kind, words })

type Wire = "text" | "choice" | "number" | "bigint" | "decimal" | "bool" | "date" | "datetime" | "json" | "file"

/** What the values of a type look like in JSON and in code: types of one form can be read alike. */
const wireForms: Readonly<Record<FieldType, Wire>> = {
  text: "text",
  longText: "text",
  html: "text",
  email: "text",
  phone: "text",
  url: "text",
  uuid: "text",
  sequence: "text",
  choice: "choice",
  states: "choice",
  integer: "number",
  bigint: "bigint",
  decimal: "decimal",
  money: "decimal",
  bool: "bool",
  date: "date",
  datetime: "datetime",
  json: "json",
  file: "file",
  image: "file",
}

const written: ReadonlySet<string> = new Set(["client", "suggestion"])
const isColumn = (member: MemberDefinition): member is FieldDefinition | OneDefinition =>
  member.kind === "field" || member.kind === "one"

/** Whether clients give it, as far as the contract says. */
const isWritten = (member: MemberDefinition): boolean =>
  isColumn(member)
    ? written.has(member.writtenBy)
    : member.kind === "many"
      ? member.owned === true
      : member.inverse === undefined

/** Whether a record cannot be created without it. */
export const isRequired = (member: MemberDefinition): boolean => isColumn(member) && mustBeGiven(member)

/** As people say what it is. */
export const nameOfType = (member: MemberDefinition): string =>
  member.kind === "field"
    ? member.type === "money"
      ? `money in ${member.currency}`
      : member.type
    : member.kind === "one"
      ? `a reference to ${member.to}`
      : `a list of ${member.to}`

const isOtherType = (older: MemberDefinition, newer: MemberDefinition): boolean => {
  if (older.kind !== newer.kind) return true
  if (older.kind === "field" && newer.kind === "field")
    return wireForms[older.type] !== wireForms[newer.type] || older.currency !== newer.currency
  if (older.kind === "many" && newer.kind === "many" && older.by !== newer.by) return true
  return older.kind !== "field" && newer.kind !== "field" && older.to !== newer.to
}

const list = (values: readonly string[]): string => values.map((value) => `"${value}"`).join(", ")

function changedValues(older: FieldDefinition, newer: FieldDefinition): MemberChange[] {
  const [before, after] = [older.values ?? [], newer.values ?? []]
  const lost = before.filter((value) => !after.includes(value))
  const gained = after.filter((value) => !before.includes(value))
  return [
    ...(lost.length > 0 ? [change("member.values", `has no value ${list(lost)} any more`)] : []),
    ...(gained.length > 0 ? [change("member.widened", `may also be ${list(gained)}`)] : []),
  ]
}

type Bound = "min" | "max" | "maxLength" | "scale" | "precision"
const bounds: Readonly<Record<Bound, { readonly words: string; readonly isLower: boolean }>> = {
  min: { words: "its least value", isLower: true },
  max: { words: "its greatest value", isLower: false },
  maxLength: { words: "its greatest length", isLower: false },
  scale: { words: "its digits after the point", isLower: false },
  precision: { words: "its digits", isLower: false },
}

/** No bound is the widest. */
function changedBound(older: FieldDefinition, newer: FieldDefinition, bound: Bound): MemberChange | undefined {
  const [before, after] = [older[bound], newer[bound]]
  if (before === after) return undefined
  const { words, isLower } = bounds[bound]
  const said = `${words} was ${before ?? "not bounded"} and is ${after ?? "not bounded"}`
  if (after === undefined) return change("member.widened", `takes more: ${said}`)
  const order = before === undefined ? 0 : compareDecimals(String(after), String(before))
  const isNarrower = before === undefined || (isLower ? order > 0 : order < 0)
  return isNarrower
    ? change("member.narrowed", `takes less: ${said}`)
    : order === 0
      ? undefined
      : change("member.widened", `takes more: ${said}`)
}

function changedField(older: FieldDefinition, newer: FieldDefinition): MemberChange[] {
  const changes = wireForms[older.type] === "choice" ? changedValues(older, newer) : []
  if (older.type !== newer.type)
    changes.push(change("member.narrowed", `was ${older.type} and is ${newer.type}, which takes and sorts differently`))
  for (const bound of Object.keys(bounds) as Bound[]) {
    const changed = changedBound(older, newer, bound)
    if (changed) changes.push(changed)
  }
  return changes
}

/** What differs between two versions of one member. */
export function compareMember(older: MemberDefinition, newer: MemberDefinition): readonly MemberChange[] {
  if (isOtherType(older, newer))
    return [change("member.type", `was ${nameOfType(older)} and is ${nameOfType(newer)} now`)]
  const changes = older.kind === "field" && newer.kind === "field" ? changedField(older, newer) : []
  if (isWritten(older) && !isWritten(newer)) changes.push(change("member.closed", "is not written by clients any more"))
  else if (!isWritten(older) && isWritten(newer))
    changes.push(change("member.widened", "may be written by clients now"))
  if (!isColumn(older) || !isColumn(newer)) return changes
  if (!isRequired(older) && isRequired(newer)) changes.push(change("member.required", "has to be given now"))
  if (!older.optional && newer.optional) changes.push(change("member.emptied", "may be empty now"))
  if (!older.unique && newer.unique) changes.push(change("member.narrowed", "has to be unique now"))
  return changes
}

type Inputs = Readonly<Record<string, FieldDefinition | OneDefinition>>

/** What a transition or an action takes: whoever calls it as before is to be understood as before. */
export function compareInputs(path: string, older: Inputs = {}, newer: Inputs = {}): ContractDifference[] {
  const found: ContractDifference[] = []
  for (const [name, before] of Object.entries(older)) {
    const after = newer[name]
    if (after === undefined) found.push(difference("call.changed", path, `takes no "${name}" any more`))
    else
      for (const { kind, words } of compareMember(before, after)) {
        // What is given may be empty for all it matters.
        if (kind === "member.emptied") continue
        found.push(difference(isWider(kind) ? "call.widened" : "call.changed", path, `takes "${name}", which ${words}`))
      }
  }
  for (const [name, added] of Object.entries(newer)) {
    if (Object.hasOwn(older, name)) continue
    found.push(
      isRequired(added)
        ? difference("call.changed", path, `takes "${name}" now, and cannot do without`)
        : difference("call.widened", path, `may take "${name}"`),
    )
  }
  return found
}

/** What an action answers. */
export function compareOutputs(path: string, older: Inputs, newer: Inputs): ContractDifference[] {
  const found: ContractDifference[] = []
  for (const [name, before] of Object.entries(older)) {
    const after = newer[name]
    if (after === undefined) found.push(difference("call.changed", path, `answers no "${name}" any more`))
    else if (isOtherType(before, after))
      found.push(difference("call.changed", path, `answers "${name}" as ${nameOfType(after)} now`))
    else if (!before.optional && after.optional)
      found.push(difference("call.changed", path, `answers "${name}", which may be empty now`))
  }
  for (const name of Object.keys(newer))
    if (!Object.hasOwn(older, name)) found.push(difference("call.widened", path, `answers "${name}" as well`))
  return found
}

const isWider = (kind: DifferenceKind): boolean => kind === "member.widened"
