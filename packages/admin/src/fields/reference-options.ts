import { query } from "../api/records.ts"
import { noteTitle } from "../api/titles.ts"

/**
 * The records that a reference may name, by what is typed. What was asked is kept for a minute, and collections that are small enough
 * are known as a whole: then nothing is asked but, once a minute, the whole anew, and nobody waits for that.
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

const isFresh = ({ at }: Kept): boolean => Date.now() - at < FRESH_MS

function keptOf(of: OptionsOf): Kept {
  const known = kept.get(of.collection)
  if (known && isFresh(known)) return known
  const fresh: Kept = { all: known?.all, whole: undefined, byWords: new Map(), at: Date.now() }
  kept.set(of.collection, fresh)
  // Somebody who types on is shown what is known until then.
  if (fresh.all) askWhole(of, fresh).catch(() => {})
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

export interface OptionsOf {
  readonly collection: string
  readonly display: string
}

/** Options that need no asking, and asks nothing; undefined if the service has to be asked. */
export function knownOptions({ collection }: OptionsOf, words: string): readonly Option[] | undefined {
  const known = kept.get(collection)
  if (known?.all) return filtered(known.all, words)
  return known && isFresh(known) ? known.byWords.get(normal(words)) : undefined
}

/** Has the whole of a small collection asked anew if what is known of it is a minute old. */
export const refreshOptions = (of: OptionsOf): void => void keptOf(of)

/** @throws ProblemError */
export async function findOptions(of: OptionsOf, words: string, signal?: AbortSignal): Promise<readonly Option[]> {
  const keeping = keptOf(of)
  const known = knownOptions(of, words)
  if (known) return known
  const search = words.trim()
  return search === "" ? askWhole(of, keeping) : (await askOptions(of, search, keeping, signal)).options
}

/** The whole of a collection is asked for once, whoever waits for it. */
function askWhole(of: OptionsOf, keeping: Kept): Promise<readonly Option[]> {
  keeping.whole ??= askOptions(of, "", keeping)
    .then(({ options, isAll }) => {
      keeping.all = isAll ? options : undefined
      return options
    })
    .finally(() => {
      keeping.whole = undefined
    })
  return keeping.whole
}

async function askOptions(
  { collection, display }: OptionsOf,
  search: string,
  { byWords }: Kept,
  signal?: AbortSignal,
): Promise<{ readonly options: readonly Option[]; readonly isAll: boolean }> {
  const page = await query(
    collection,
    { select: [display], orderBy: [display], limit: LIMIT, ...(search === "" ? {} : { search }) },
    signal ? { signal } : {},
  )
  const options = page.data.map((record) => ({ id: record.id, title: String(record[display] ?? record.id) }))
  for (const { id, title } of options) noteTitle(collection, id, title)
  if (byWords.size >= MAX_KEPT) byWords.delete(byWords.keys().next().value as string)
  byWords.set(normal(search), options)
  return { options, isAll: search === "" && page.next === null }
}

/** The one record that a typed text means. */
export const optionOfText = async (of: OptionsOf, text: string): Promise<Meant> =>
  meantBy(await findOptions(of, text), text)

export type Meant = Option | "none" | "several"

/** Of what was found for a text: the one that is called so, else the one whose title begins so, else the only one. */
export function meantBy(found: readonly Option[], text: string): Meant {
  const words = normal(text)
  const called = found.filter(({ title }) => normal(title) === words)
  // Of more than are shown nobody knows how the others begin.
  const beginning = found.length < LIMIT ? found.filter(({ title }) => normal(title).startsWith(words)) : []
  const [meant, ...others] = [called, beginning, found].find(({ length }) => length > 0) ?? []
  if (meant === undefined) return "none"
  return others.length === 0 ? meant : "several"
}
