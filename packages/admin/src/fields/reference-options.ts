import { query } from "../api/records.ts"
import { noteTitle } from "../api/titles.ts"

/**
 * The records that a reference may name, by what is typed. What was asked is kept for a minute, and collections that are small enough
 * are known as a whole: then nothing is asked at all.
 *
 * @module
 */
export interface Option {
  readonly id: string
  readonly title: string
}

interface Kept {
  /** All records, where they are few. */
  all: readonly Option[] | undefined
  /** The question for the whole collection, while it is out. */
  whole: Promise<readonly Option[]> | undefined
  readonly byWords: Map<string, readonly Option[]>
  readonly at: number
}

/** So many are shown; a collection with no more is small. */
const LIMIT = 100
const MAX_KEPT = 200
const FRESH_MS = 60_000

const kept = new Map<string, Kept>()

function keptOf(collection: string): Kept {
  const known = kept.get(collection)
  if (known && Date.now() - known.at < FRESH_MS) return known
  const fresh: Kept = { all: undefined, whole: undefined, byWords: new Map(), at: Date.now() }
  kept.set(collection, fresh)
  return fresh
}

/** What is known of a collection's records is asked anew: one was made. */
export const forgetOptions = (collection: string): void => void kept.delete(collection)

const normal = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase().trim()

function filtered(all: readonly Option[], words: string): readonly Option[] {
  const parts = normal(words).split(/\s+/).filter(Boolean)
  const found = all.filter(({ title }) => parts.every((part) => normal(title).includes(part)))
  const start = normal(words)
  return found.toSorted((a, b) => Number(normal(b.title).startsWith(start)) - Number(normal(a.title).startsWith(start)))
}

/** Options that need no asking; undefined if the service has to be asked. */
export function knownOptions(collection: string, words: string): readonly Option[] | undefined {
  const { all, byWords } = keptOf(collection)
  return all ? filtered(all, words) : byWords.get(normal(words))
}

export interface OptionsOf {
  readonly collection: string
  readonly display: string
}

/** @throws ProblemError */
export async function findOptions(
  { collection, display }: OptionsOf,
  words: string,
  signal?: AbortSignal,
): Promise<readonly Option[]> {
  const known = knownOptions(collection, words)
  if (known) return known
  const search = words.trim()
  if (search !== "") return askOptions({ collection, display }, search, signal)
  // The whole of a collection is asked for once, whoever waits for it.
  const keeping = keptOf(collection)
  keeping.whole ??= askOptions({ collection, display }, "").finally(() => {
    keeping.whole = undefined
  })
  return keeping.whole
}

async function askOptions(
  { collection, display }: OptionsOf,
  search: string,
  signal?: AbortSignal,
): Promise<readonly Option[]> {
  const page = await query(
    collection,
    { select: [display], orderBy: [display], limit: LIMIT, ...(search === "" ? {} : { search }) },
    signal ? { signal } : {},
  )
  const options = page.data.map((record) => ({ id: record.id, title: String(record[display] ?? record.id) }))
  for (const { id, title } of options) noteTitle(collection, id, title)
  const keeping = keptOf(collection)
  if (search === "" && page.next === null) keeping.all = options
  else {
    if (keeping.byWords.size >= MAX_KEPT) keeping.byWords.delete(keeping.byWords.keys().next().value as string)
    keeping.byWords.set(normal(search), options)
  }
  return options
}

/** The one record that a typed text means. */
export async function optionOfText(of: OptionsOf, text: string): Promise<Option | "none" | "several"> {
  const options = await findOptions(of, text)
  const exact = options.filter(({ title }) => normal(title) === normal(text))
  if (exact.length === 1) return exact[0] as Option
  if (exact.length > 1) return "several"
  if (options.length === 1) return options[0] as Option
  return options.length === 0 ? "none" : "several"
}
