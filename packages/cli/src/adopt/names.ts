/**
 * Names of code for names of a database, whatever these look like.
 *
 * @module
 */
import { reservedNames, snakeCase } from "@archipel/core"

const IRREGULAR: Readonly<Record<string, string>> = {
  children: "child",
  people: "person",
  men: "man",
  women: "woman",
  feet: "foot",
  mice: "mouse",
  indices: "index",
  vertices: "vertex",
  matrices: "matrix",
  criteria: "criterion",
  analyses: "analysis",
  bases: "basis",
  crises: "crisis",
  data: "data",
  media: "media",
  news: "news",
  series: "series",
  species: "species",
}

/** "order_details" → "order_detail": of the last word, which says what the rows are. */
export function singular(words: string): string {
  const at = words.lastIndexOf("_") + 1
  const [rest, word] = [words.slice(0, at), words.slice(at)]
  return rest + singularWord(word)
}

function singularWord(word: string): string {
  const irregular = IRREGULAR[word]
  if (irregular !== undefined) return irregular
  if (/[^aeiou]ies$/.test(word) && word.length > 4) return `${word.slice(0, -3)}y`
  if (word.endsWith("lves")) return `${word.slice(0, -3)}f`
  if (/(?:sses|shes|ches|xes|zzes|[^aeiou]uses|(?:her|potat|tomat|ech|vet)oes)$/.test(word)) return word.slice(0, -2)
  if (/(?:ss|us|is)$/.test(word) || word.length < 4) return word
  return word.replace(/s$/, "")
}

/** Words in lower case with underscores: of "Order No", "ORDER_NO", "orderNo" and "Größe". */
export function wordsOf(name: string): string {
  const plain = name
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
  const words = snakeCase(plain).replaceAll(/_+/g, "_")
  return /^[a-z]/.test(words) ? words : `n${words === "" ? "ame" : words}`
}

/** "order_no" → "orderNo". */
export const camelCase = (words: string): string =>
  words.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** "order_no" → "OrderNo". */
export const pascalCase = (words: string): string => {
  const camel = camelCase(words)
  return camel.charAt(0).toUpperCase() + camel.slice(1)
}

const MAX_NAME = 48
const AUTOMATIC: ReadonlySet<string> = new Set(["id", "version"])

/** Names that are given out once. */
export class Names {
  readonly #taken = new Set<string>()
  readonly #refused: (name: string) => boolean

  constructor(refused: (name: string) => boolean = () => false) {
    this.#refused = refused
  }

  /** The first of these names that is free and may be used; the last with a number if none is. */
  take(...candidates: readonly [string, ...string[]]): string {
    const short = candidates.map((name) => name.slice(0, MAX_NAME))
    const last = short.at(-1) as string
    let name = short.find((each) => this.#isFree(each))
    for (let count = 2; name === undefined; count++)
      name = this.#isFree(`${last}${count}`) ? `${last}${count}` : undefined
    this.#taken.add(name)
    return name
  }

  #isFree(name: string): boolean {
    return !this.#taken.has(name) && !this.#refused(name)
  }
}

/** The names of one model's members: not words of the query language, nor what every record has. */
export const memberNames = (): Names => new Names((name) => reservedNames.includes(name) || AUTOMATIC.has(name))

/** A reference's name for its column: "customer_id", "CustomerNo" → "customer". */
export const referenceWords = (column: string): string => {
  const words = wordsOf(column)
  const bare = words.replace(/_?(?:id|code|no|nr|num|number|key|fk|uuid|ref)$/, "")
  return bare === "" || bare === "n" ? words : bare
}
