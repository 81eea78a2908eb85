/**
 * How a form is laid out where nobody said how: by the contract's order and what the fields are.
 *
 * @module
 */
import { automatic, isList, type UiField, type UiModel } from "../metadata/model.ts"

export interface PlacedField {
  readonly name: string
  readonly field: UiField
  /** As the section shows it: without the words that its title says already. */
  readonly label: string
}

/** Owned lines, and what follows from them beneath. */
export interface PlacedLines {
  /** Names of the lists. */
  readonly lines: readonly string[]
  readonly totals: readonly PlacedField[]
}

/** Fields, and beneath them the lines that its service wants there. */
export interface Section extends PlacedLines {
  /** Undefined for the fields that come first. */
  readonly title: string | undefined
  readonly fields: readonly PlacedField[]
}

/** Sections, and beneath them the lines that no section has. */
export interface Layout extends PlacedLines {
  readonly sections: readonly Section[]
  /** What takes the whole width, beneath the rest. */
  readonly wide: readonly PlacedField[]
  /** Which states a record goes through. */
  readonly state: string | undefined
  /** What names the record, where a person gives it. */
  readonly title: string | undefined
}

/** Takes the whole width. */
export const isWide = ({ type }: UiField): boolean => type === "longText" || type === "html" || type === "json"
/** So many neighbours whose names begin with the same word are a section. */
const MIN_GROUP = 3

const firstWord = (name: string): string => /^[a-z0-9]+/.exec(name)?.[0] ?? name

/** The words that all labels begin with, as far as each has more to say. */
function commonWords(labels: readonly string[]): string {
  const words = labels.map((label) => label.split(" "))
  const shared: string[] = []
  for (const [index, word] of (words[0] ?? []).entries()) {
    if (!words.every((each) => each[index]?.toLowerCase() === word.toLowerCase() && each.length > index + 1)) break
    shared.push(word)
  }
  return shared.join(" ")
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const withoutLines: PlacedLines = { lines: [], totals: [] }

function groupOf(fields: readonly PlacedField[]): Section {
  const title = commonWords(fields.map(({ label }) => label))
  if (title === "") return { title: undefined, fields, ...withoutLines }
  return {
    title,
    ...withoutLines,
    fields: fields.map((each) => ({ ...each, label: capital(each.label.slice(title.length + 1)) })),
  }
}

/** As the service says; what it does not name follows. What follows from lines is beneath the last of them. */
function toldSections(
  told: readonly { readonly title?: string; readonly fields: readonly string[] }[],
  all: readonly PlacedField[],
  { lines, totals }: PlacedLines,
): Pick<Layout, "sections" | "wide" | "lines" | "totals"> {
  const rest = new Map(all.map((each) => [each.name, each]))
  const take = (name: string): PlacedField | undefined => {
    const found = rest.get(name)
    rest.delete(name)
    return found
  }
  const left = lines.filter((name) => !told.some(({ fields }) => fields.includes(name)))
  const last = told.findLast(({ fields }) => fields.some((name) => lines.includes(name)))
  const sections = told
    .map(
      (section): Section => ({
        title: section.title,
        fields: section.fields.map(take).filter((each) => each !== undefined),
        lines: section.fields.filter((name) => lines.includes(name)),
        totals: section === last && left.length === 0 ? totals : [],
      }),
    )
    .filter((section) => section.fields.length + section.lines.length > 0)
  const others = [...rest.values()].filter(({ field }) => !isWide(field))
  return {
    sections: others.length > 0 ? [...sections, { title: undefined, fields: others, ...withoutLines }] : sections,
    wide: [...rest.values()].filter(({ field }) => isWide(field)),
    lines: left,
    totals: last && left.length === 0 ? [] : totals,
  }
}

export function layoutOf(model: UiModel): Layout {
  const all = Object.entries(model.fields).filter(
    ([name, field]) => !automatic.has(name) && (field.read || field.create || field.update),
  )
  const lines = all.filter(([, field]) => field.type === "many" && field.owned).map(([name]) => name)
  const state = all.find(([, { type, read }]) => type === "states" && read)?.[0]
  const title = model.display !== undefined && model.fields[model.display]?.update ? model.display : undefined
  const wide: PlacedField[] = []
  const totals: PlacedField[] = []
  const short: PlacedField[] = []
  for (const [name, field] of all) {
    if (isList(field) ? field.type === "many" : name === state) continue
    // What names a record and is made by the service is the form's heading.
    if (name === model.display && name !== title) continue
    const placed = { name, field, label: field.label }
    if (isWide(field)) wide.push(placed)
    else if (lines.length > 0 && field.writtenBy === "compute") totals.push(placed)
    else short.push(placed)
  }
  const told = model.views?.form?.sections
  if (told) return { ...toldSections(told, [...short, ...wide], { lines, totals }), state, title }
  const sections: Section[] = []
  const first: PlacedField[] = []
  for (let at = 0; at < short.length; ) {
    const word = firstWord((short[at] as PlacedField).name)
    let end = at
    while (end < short.length && firstWord((short[end] as PlacedField).name) === word) end++
    const run = short.slice(at, end)
    const group = run.length >= MIN_GROUP ? groupOf(run) : undefined
    if (group?.title === undefined) first.push(...run)
    else sections.push(group)
    at = end
  }
  return {
    sections: [...(first.length > 0 ? [{ title: undefined, fields: first, ...withoutLines }] : []), ...sections],
    wide,
    lines,
    totals,
    state,
    title,
  }
}
