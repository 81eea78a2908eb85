/**
 * Where on the form a service's mistakes belong. It names places in what was sent (JSON Pointers, RFC 6901).
 *
 * @module
 */
import type { Place } from "./form-state.ts"

/** One mistake as problems and drafts have it. */
export interface Mistake {
  readonly path: string
  readonly code: string
  readonly detail?: string
}

export interface PlacedMistake extends Mistake {
  /** A field, a whole line (`field` is empty), or undefined for the record. */
  readonly place: Place | undefined
}

const decoded = (part: string): string => part.replaceAll("~1", "/").replaceAll("~0", "~")

/** @param sentLines The keys of the lines that were sent, by list, in their order. */
export function placed(mistake: Mistake, sentLines: Readonly<Record<string, readonly string[]>>): PlacedMistake {
  const [, first, second, third] = mistake.path.split("/").map(decoded)
  if (first === undefined || first === "") return { ...mistake, place: undefined }
  const line = second === undefined ? undefined : sentLines[first]?.[Number(second)]
  if (line === undefined) return { ...mistake, place: { field: first } }
  return { ...mistake, place: { list: first, line, field: third ?? "" } }
}

/** One name for each place. */
export const placeKey = ({ list, line, field }: Place): string =>
  list === undefined ? field : `${list}/${line}/${field}`

/**
 * The element where a place is typed into: where the summary of mistakes leads to.
 *
 * @param form What the form's elements are called: several may be on a page.
 */
export const inputId = (form: string, place: Place): string => `${form}-${placeKey(place).replaceAll("/", "-")}`
