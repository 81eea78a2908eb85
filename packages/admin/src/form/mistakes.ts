/**
 * What a form tells of what is wrong, as far as somebody wants to hear it already.
 *
 * @module
 */
import type { FormView } from "./form-store.ts"
import { placeKey, type PlacedMistake } from "./problem-places.ts"
import type { Place } from "./form-state.ts"

/** What is to be known of a line besides its values. */
export interface LineNotes {
  /** Texts that are no value of their field, or not yet, by field. */
  readonly typed: ReadonlyMap<string, string>
  /** By field; what is wrong with the line as a whole under "". */
  readonly mistakes: ReadonlyMap<string, PlacedMistake>
  readonly warning: PlacedMistake | undefined
}

interface Told {
  /** By place (`placeKey`). */
  readonly mistakes: ReadonlyMap<string, PlacedMistake>
  /** By the line's key. */
  readonly lines: ReadonlyMap<string, LineNotes>
}

function mistakesOf({ unsettled, refused, touched, wasTried, provisional }: FormView): Told["mistakes"] {
  const told = new Map<string, PlacedMistake>()
  const isHeard = (key: string): boolean => wasTried || touched.has(key)
  const tell = (mistake: PlacedMistake, isWanted: (key: string) => boolean): void => {
    const key = mistake.place && placeKey(mistake.place)
    if (key === undefined || told.has(key) || unsettled.get(key)?.mistake) return
    if (isWanted(key)) told.set(key, mistake)
  }
  for (const mistake of refused) tell(mistake, () => true)
  for (const mistake of provisional.mistakes) {
    // What is missing is told when somebody wants to save, and not while they are still on their way.
    tell(mistake, (key) => wasTried || (touched.has(key) && mistake.code !== "value.required"))
  }
  for (const [key, { place, mistake }] of unsettled) {
    if (mistake && isHeard(key)) told.set(key, { ...mistake, path: "", place })
  }
  return told
}

interface Writable extends LineNotes {
  readonly typed: Map<string, string>
  readonly mistakes: Map<string, PlacedMistake>
  warning: PlacedMistake | undefined
}

function linesOf({ unsettled, provisional }: FormView, mistakes: Told["mistakes"]): Told["lines"] {
  const lines = new Map<string, Writable>()
  const notesOf = (line: string): Writable => {
    const notes = lines.get(line) ?? { typed: new Map(), mistakes: new Map(), warning: undefined }
    lines.set(line, notes)
    return notes
  }
  for (const { place, text } of unsettled.values()) {
    if (place.line !== undefined) notesOf(place.line).typed.set(place.field, text)
  }
  for (const mistake of mistakes.values()) {
    const { line, field } = mistake.place as Place
    if (line !== undefined) notesOf(line).mistakes.set(field, mistake)
  }
  for (const warning of provisional.warnings) {
    if (warning.place?.line !== undefined) notesOf(warning.place.line).warning ??= warning
  }
  return lines
}

const known = new WeakMap<FormView, Told>()

function toldIn(view: FormView): Told {
  let told = known.get(view)
  if (told === undefined) {
    const mistakes = mistakesOf(view)
    known.set(view, (told = { mistakes, lines: linesOf(view, mistakes) }))
  }
  return told
}

/** Most changes are of values, and leave what is told as it is: then it is the same, and nobody shows it anew. */
export function keepTold(before: FormView, after: FormView): void {
  const told = known.get(before)
  if (told && tellsTheSame(before, after)) known.set(after, told)
}

const tellsTheSame = (a: FormView, b: FormView): boolean =>
  a.unsettled === b.unsettled &&
  a.refused === b.refused &&
  a.touched === b.touched &&
  a.wasTried === b.wasTried &&
  a.provisional === b.provisional

/** What is wrong at a place. */
export const mistakeAt = (view: FormView, place: Place): PlacedMistake | undefined =>
  toldIn(view).mistakes.get(placeKey(place))

/** @returns undefined where there is nothing to be known */
export const lineNotes = (view: FormView, line: string): LineNotes | undefined => toldIn(view).lines.get(line)
