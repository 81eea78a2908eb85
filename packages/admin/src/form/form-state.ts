/**
 * What somebody has changed of a record and not saved yet: plain data that can be kept, compared and merged.
 *
 * @module
 */

/** Values by field, as they are on the wire: references as ids, decimals as texts. */
export type Values = Readonly<Record<string, unknown>>

/** An owned line of the record at hand. */
export interface Line {
  /** The line's id, or a name of our own while it has none. */
  readonly key: string
  /** As it was read; undefined for one that is new. */
  readonly stored: Values | undefined
  /** What was typed or chosen. All else is the service's to suggest and compute. */
  readonly edits: Values
  readonly deleted: boolean
}

/** A record with what was changed of it. Immutable: each change makes another. */
export interface FormState {
  /** Of a new record: the id that it will have. */
  readonly id: string
  /** As it was read, with its `version`; undefined for a new record. */
  readonly base: Values | undefined
  readonly edits: Values
  /** By owned list, in their order. */
  readonly lines: Readonly<Record<string, readonly Line[]>>
}

/** Where a value is: a field of the record, or of one of its lines. */
export interface Place {
  readonly field: string
  readonly list?: string | undefined
  readonly line?: string | undefined
}

const noEdits: Values = {}

/** Whether two JSON values are the same, whatever the order of their members. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => sameJson(item, b[index]))
    )
  }
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameJson((a as Values)[name], (b as Values)[name]))
  )
}

/** @param lists The names of the owned lists. */
export function openedState(record: Values, lists: readonly string[]): FormState {
  const base: Record<string, unknown> = { ...record }
  const lines: Record<string, readonly Line[]> = {}
  for (const list of lists) {
    const stored = (record[list] ?? []) as readonly Values[]
    delete base[list]
    lines[list] = stored.map((line) => ({ key: line["id"] as string, stored: line, edits: noEdits, deleted: false }))
  }
  return { id: record["id"] as string, base, edits: noEdits, lines }
}

/** @param presets What is given from the start, as by a related list: the user's, so they are sent. */
export function newState(id: string, lists: readonly string[], presets: Values = noEdits): FormState {
  return { id, base: undefined, edits: presets, lines: Object.fromEntries(lists.map((list) => [list, []])) }
}

/**
 * Names a value. What is as it was stored needs no naming; `undefined` takes the naming back, so that the service suggests again.
 */
function named(edits: Values, stored: Values | undefined, field: string, value: unknown): Values {
  if (value === undefined || (stored !== undefined && sameJson(stored[field] ?? null, value))) {
    if (!Object.hasOwn(edits, field)) return edits
    const { [field]: _, ...rest } = edits
    return rest
  }
  return Object.hasOwn(edits, field) && sameJson(edits[field], value) ? edits : { ...edits, [field]: value }
}

function withLine(state: FormState, list: string, key: string, change: (line: Line) => Line): FormState {
  const lines = state.lines[list] ?? []
  const at = lines.findIndex((line) => line.key === key)
  const line = lines[at]
  if (line === undefined) return state
  const changed = change(line)
  return changed === line ? state : { ...state, lines: { ...state.lines, [list]: lines.with(at, changed) } }
}

export function withValue(state: FormState, { field, list, line }: Place, value: unknown): FormState {
  if (list === undefined || line === undefined) {
    const edits = named(state.edits, state.base, field, value)
    return edits === state.edits ? state : { ...state, edits }
  }
  return withLine(state, list, line, (known) => {
    const edits = named(known.edits, known.stored, field, value)
    return edits === known.edits ? known : { ...known, edits }
  })
}

/** @param at Index among all lines; at the end if left out. */
export function withNewLine(
  state: FormState,
  list: string,
  key: string,
  edits: Values = noEdits,
  at?: number,
): FormState {
  const lines = state.lines[list] ?? []
  const line: Line = { key, stored: undefined, edits, deleted: false }
  return { ...state, lines: { ...state.lines, [list]: lines.toSpliced(at ?? lines.length, 0, line) } }
}

/** A stored line is marked, so that it can be told to the service; a new one is gone. */
export function withoutLine(state: FormState, list: string, key: string): FormState {
  const lines = state.lines[list] ?? []
  const line = lines.find((each) => each.key === key)
  if (line?.stored !== undefined) {
    return withLine(state, list, key, ({ stored }) => ({ key, stored, edits: noEdits, deleted: true }))
  }
  return { ...state, lines: { ...state.lines, [list]: lines.filter((each) => each.key !== key) } }
}

/** A new line in which nothing was entered: it is neither sent nor missed. */
export const isBlank = (line: Line): boolean => line.stored === undefined && Object.keys(line.edits).length === 0

export const shownLines = (state: FormState, list: string): readonly Line[] =>
  (state.lines[list] ?? []).filter((line) => !line.deleted)

const isLineChanged = (line: Line): boolean =>
  line.deleted || (line.stored === undefined ? !isBlank(line) : Object.keys(line.edits).length > 0)

export const isDirty = (state: FormState): boolean =>
  Object.keys(state.edits).length > 0 || Object.values(state.lines).some((lines) => lines.some(isLineChanged))

/**
 * What of a form cannot be read again: stored lines that are as they were read are left out, however many there are. Put on the record as
 * it then is (`mergeWith`), it is the same form.
 */
export const unsaved = (state: FormState): FormState => ({
  ...state,
  lines: Object.fromEntries(
    Object.entries(state.lines).map(([list, lines]) => [
      list,
      lines.filter((line) => line.stored === undefined || isLineChanged(line)),
    ]),
  ),
})

/** What to send, and which lines its lists have: the service speaks of lines by their index. */
export interface Payload {
  readonly values: Values
  readonly sentLines: Readonly<Record<string, readonly string[]>>
}

function linkChange(before: unknown, after: unknown): unknown {
  const old = new Set((before ?? []) as readonly string[])
  const now = new Set(after as readonly string[])
  return { $add: [...now].filter((id) => !old.has(id)), $remove: [...old].filter((id) => !now.has(id)) }
}

/**
 * The least that says the change: fields that were named, lines that were added, changed or deleted. Of lists of links what was added
 * and removed, so that what others linked meanwhile stays.
 *
 * @param tmp Whether new lines carry their key, for an answer that speaks of them by it (`$draft`).
 */
export function payloadOf(state: FormState, links: ReadonlySet<string>, tmp = false): Payload {
  const values: Record<string, unknown> = {}
  const sentLines: Record<string, readonly string[]> = {}
  for (const [name, value] of Object.entries(state.edits)) {
    values[name] = links.has(name) && state.base !== undefined ? linkChange(state.base[name], value) : value
  }
  for (const [list, lines] of Object.entries(state.lines)) {
    const changed = lines.filter(isLineChanged)
    if (changed.length === 0) continue
    sentLines[list] = changed.map(({ key }) => key)
    values[list] = changed.map(({ key, stored, edits, deleted }) => {
      if (stored === undefined) return tmp ? { $tmp: key, ...edits } : edits
      return deleted ? { id: key, $delete: true } : { id: key, ...edits }
    })
  }
  return { values, sentLines }
}

/** How many fields and lines differ from what is stored. */
export function countChanges(state: FormState): number {
  const lines = Object.values(state.lines).flat().filter(isLineChanged).length
  return Object.keys(state.edits).length + lines
}
