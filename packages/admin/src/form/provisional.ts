/**
 * What the service would make of a form if it were saved, and what a form therefore shows: what was typed, else what the service would
 * give, else what is stored.
 *
 * @module
 */
import type { Draft } from "../api/records.ts"
import { type FormState, type Line, type Place, type Values } from "./form-state.ts"
import { placed, type PlacedMistake } from "./problem-places.ts"

/** An answer of `$draft`, by the names that the form has for its lines. */
export interface Provisional {
  readonly values: Values
  /** By list, then line. */
  readonly lines: Readonly<Record<string, ReadonlyMap<string, Values>>>
  readonly mistakes: readonly PlacedMistake[]
  readonly warnings: readonly PlacedMistake[]
  readonly fields: Readonly<Record<string, { readonly readonly: boolean; readonly required: boolean }>>
}

export const nothingProvisional: Provisional = { values: {}, lines: {}, mistakes: [], warnings: [], fields: {} }

/**
 * @param lists The names of the owned lists.
 * @param sentLines The lines that were in the question, by list.
 */
export function provisionalOf(
  { patch, errors, warnings, fields }: Draft,
  lists: readonly string[],
  sentLines: Readonly<Record<string, readonly string[]>>,
): Provisional {
  const values: Record<string, unknown> = { ...patch }
  const lines: Record<string, ReadonlyMap<string, Values>> = {}
  for (const list of lists) {
    delete values[list]
    const patches = new Map<string, Values>()
    for (const { id, $tmp, ...line } of (patch[list] ?? []) as readonly Record<string, unknown>[]) {
      patches.set((id ?? $tmp) as string, line)
    }
    lines[list] = patches
  }
  return {
    values,
    lines,
    mistakes: errors.map((mistake) => placed(mistake, sentLines)),
    warnings: warnings.map((warning) => placed(warning, sentLines)),
    fields: fields as Provisional["fields"],
  }
}

export interface ShownValue {
  readonly value: unknown
  /** Who says it: the person, the service if it were saved, or the stored record. */
  readonly from: "edit" | "provisional" | "stored"
}

function shown(field: string, edits: Values, patch: Values | undefined, stored: Values | undefined): ShownValue {
  if (Object.hasOwn(edits, field)) return { value: edits[field] ?? null, from: "edit" }
  if (patch !== undefined && Object.hasOwn(patch, field)) return { value: patch[field] ?? null, from: "provisional" }
  return { value: stored?.[field] ?? null, from: "stored" }
}

export const shownInLine = (line: Line, patch: Values | undefined, field: string): ShownValue =>
  shown(field, line.edits, patch, line.stored)

export function shownValue(state: FormState, provisional: Provisional, place: Place): ShownValue {
  const { list, line, field } = place
  if (list === undefined || line === undefined) return shown(field, state.edits, provisional.values, state.base)
  const known = state.lines[list]?.find(({ key }) => key === line)
  return known === undefined
    ? { value: null, from: "stored" }
    : shownInLine(known, provisional.lines[list]?.get(line), field)
}

/** The record as it will be, as far as is known: what is shown while a save is under way. */
export function expectedRecord(state: FormState, provisional: Provisional): Values {
  const lists = Object.entries(state.lines).map(([list, lines]) => [
    list,
    lines
      .filter((line) => !line.deleted)
      .map((line) => ({ ...line.stored, ...provisional.lines[list]?.get(line.key), ...line.edits, id: line.key })),
  ])
  return { ...state.base, ...provisional.values, ...state.edits, ...Object.fromEntries(lists), id: state.id }
}
