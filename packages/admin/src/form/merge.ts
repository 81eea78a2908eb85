/**
 * What becomes of somebody's unsaved changes when the record was changed by somebody else meanwhile.
 *
 * @module
 */
import { type FormState, type Line, openedState, type Place, sameJson, type Values, withValue } from "./form-state.ts"

/** A value that both changed, to different ones. */
export interface ValueConflict extends Place {
  readonly kind: "value"
  readonly before: unknown
  readonly mine: unknown
  readonly theirs: unknown
}

/** A line that one deleted and the other changed. */
export interface LineConflict {
  readonly kind: "line"
  readonly list: string
  readonly line: string
  readonly deletedBy: "me" | "them"
  /** The line as it was, and as the one who did not delete it has it. */
  readonly before: Values
  readonly changed: Values
}

export type Conflict = ValueConflict | LineConflict

export interface Merged {
  /** On top of the newer record; of what is in conflict it has mine. */
  readonly state: FormState
  readonly conflicts: readonly Conflict[]
  /** Fields that they alone changed: what is on the screen becomes theirs. */
  readonly taken: readonly Place[]
}

interface Side {
  readonly before: Values
  readonly edits: Values
  readonly theirs: Values
}

function mergedLinks(before: unknown, mine: unknown, theirs: unknown): readonly unknown[] {
  const [old, own, other] = [before, mine, theirs].map((ids) => (ids ?? []) as readonly unknown[]) as [
    readonly unknown[],
    readonly unknown[],
    readonly unknown[],
  ]
  const kept = other.filter((id) => own.includes(id) || !old.includes(id))
  return [...kept, ...own.filter((id) => !old.includes(id) && !other.includes(id))]
}

function mergeValues(
  { before, edits, theirs }: Side,
  links: ReadonlySet<string>,
  at: Omit<Place, "field">,
  into: Conflict[],
) {
  const merged: Record<string, unknown> = {}
  for (const [field, mine] of Object.entries(edits)) {
    const [was, is] = [before[field] ?? null, theirs[field] ?? null]
    if (links.has(field) && at.list === undefined) {
      const ids = mergedLinks(was, mine, is)
      if (!sameJson(ids, is)) merged[field] = ids
    } else if (sameJson(mine, is)) continue
    else {
      merged[field] = mine
      if (!sameJson(was, is)) into.push({ kind: "value", ...at, field, before: was, mine, theirs: is })
    }
  }
  return merged
}

/** Framework fields change with every write: that they did is not worth telling. Nor are the marks of an answer. */
const isTold = (field: string): boolean =>
  !field.startsWith("_") && !["id", "version", "updatedAt", "updatedBy"].includes(field)

function changedAlone({ before, edits, theirs }: Side, at: Omit<Place, "field">): readonly Place[] {
  return Object.keys(theirs)
    .filter(
      (field) =>
        isTold(field) && !Object.hasOwn(edits, field) && !sameJson(before[field] ?? null, theirs[field] ?? null),
    )
    .map((field) => ({ ...at, field }))
}

function mergeLines(
  list: string,
  mine: readonly Line[],
  theirs: readonly Line[],
  told: { readonly conflicts: Conflict[]; readonly taken: Place[] },
): readonly Line[] {
  const own = new Map(mine.map((line) => [line.key, line]))
  const lines = theirs.map((line): Line => {
    const known = own.get(line.key)
    const stored = line.stored as Values
    if (known?.stored === undefined) {
      told.taken.push({ list, line: line.key, field: "id" })
      return line
    }
    const side: Side = { before: known.stored, edits: known.edits, theirs: stored }
    const at = { list, line: line.key }
    const alone = changedAlone(side, at)
    if (known.deleted) {
      if (alone.length > 0) {
        told.conflicts.push({ kind: "line", ...at, deletedBy: "me", before: known.stored, changed: stored })
      }
      return { ...line, deleted: true }
    }
    told.taken.push(...alone)
    return { ...line, edits: mergeValues(side, new Set(), at, told.conflicts) }
  })
  const alive = new Set(theirs.map(({ key }) => key))
  for (const line of mine) {
    if (alive.has(line.key) || line.deleted) continue
    if (line.stored === undefined) lines.push(line)
    else if (Object.keys(line.edits).length > 0) {
      const { stored, edits, key } = line
      told.conflicts.push({
        kind: "line",
        list,
        line: key,
        deletedBy: "them",
        before: stored,
        changed: { ...stored, ...edits },
      })
      // It has to be made again, if it is wanted at all.
      lines.push({ key, stored: undefined, edits: { ...stored, ...edits }, deleted: false })
    } else told.taken.push({ list, line: line.key, field: "id" })
  }
  return lines
}

/**
 * Puts unsaved changes on top of a newer record. What only one of both changed needs no question; links are merged one by one.
 *
 * @param links Names of the many-to-many fields.
 * @param copied The fields of a line that a client may give, by list: what is taken of a line that they deleted.
 */
export function mergeWith(
  state: FormState,
  record: Values,
  links: ReadonlySet<string>,
  copied: Readonly<Record<string, readonly string[]>> = {},
): Merged {
  const newer = openedState(record, Object.keys(state.lines))
  const conflicts: Conflict[] = []
  const side: Side = { before: state.base ?? {}, edits: state.edits, theirs: newer.base ?? {} }
  const taken = [...changedAlone(side, {})]
  const edits = mergeValues(side, links, {}, conflicts)
  const lines: Record<string, readonly Line[]> = {}
  for (const [list, mine] of Object.entries(state.lines)) {
    const given = copied[list]
    lines[list] = mergeLines(list, mine, newer.lines[list] ?? [], { conflicts, taken }).map((line) =>
      line.stored === undefined && given ? { ...line, edits: picked(line.edits, given) } : line,
    )
  }
  return { state: { ...newer, edits, lines }, conflicts, taken }
}

const picked = (values: Values, names: readonly string[]): Values =>
  Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)))

/** Decides a conflict in a merged state. */
export function resolved(state: FormState, conflict: Conflict, choice: "mine" | "theirs"): FormState {
  if (conflict.kind === "value") return withValue(state, conflict, conflict[choice])
  const { list, line, deletedBy } = conflict
  const lines = state.lines[list] ?? []
  const keptByMe = choice === "mine"
  const next =
    deletedBy === "them"
      ? keptByMe
        ? lines
        : lines.filter(({ key }) => key !== line)
      : lines.map((each) => (each.key === line ? { ...each, deleted: keptByMe } : each))
  return { ...state, lines: { ...state.lines, [list]: next } }
}
