/**
 * Checks of a database that fields can say.
 *
 * @module
 */

/** What a check says of one column; undefined where a field has no words for it. */
export type ColumnRule =
  | { readonly kind: "values"; readonly values: readonly string[] }
  | { readonly kind: "range"; readonly min?: string; readonly max?: string }
  | { readonly kind: "length"; readonly max: number }

const COLUMN = String.raw`\(?(?:"[^"]+"|[a-zA-Z_][\w$]*)\)?(?:::[a-z ]+(?:\(\d+\))?)?\)?`
const NUMBER = String.raw`\(?'?(-?\d+(?:\.\d+)?)'?\)?(?:::[a-z ]+(?:\([\d,]+\))?)?`

/** Without parentheses that enclose all of it. */
function bare(text: string): string {
  let inner = text.trim()
  while (inner.startsWith("(") && inner.endsWith(")") && encloses(inner)) inner = inner.slice(1, -1).trim()
  return inner
}

function encloses(text: string): boolean {
  let depth = 0
  for (const [index, letter] of [...text].entries()) {
    if (letter === "(") depth++
    if (letter === ")" && --depth === 0) return index === text.length - 1
  }
  return false
}

/** The parts of a condition joined by AND; what stands in parentheses or quotes is one part. */
function conjuncts(text: string): string[] {
  const parts: string[] = []
  let [depth, from, quoted] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "'") quoted = !quoted
    if (quoted) continue
    if (text[at] === "(") depth++
    if (text[at] === ")") depth--
    if (depth === 0 && text.startsWith(" AND ", at)) {
      parts.push(text.slice(from, at))
      from = at + 5
    }
  }
  return [...parts, text.slice(from)]
}

/**
 * The rules of a check over one column, as PostgreSQL prints it: "CHECK ((quantity > 0))".
 *
 * @param isWhole Whether the column holds whole numbers, for which "> 0" is "at least 1".
 */
export function rulesOf(definition: string, isWhole: boolean): ColumnRule[] | undefined {
  const condition = bare(definition.replace(/^CHECK /, "").replace(/ NOT VALID$/, ""))
  const rules = conjuncts(condition).map((part) => ruleOf(bare(part), isWhole))
  return rules.includes(undefined) ? undefined : (rules as ColumnRule[])
}

/** The elements of an array's text, of which those that need it stand in quotes. */
const elementsOf = (text: string): string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"|([^,"]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain as string) : quoted.replaceAll(/\\(.)/g, "$1"),
  )

function ruleOf(text: string, isWhole: boolean): ColumnRule | undefined {
  const list = new RegExp(String.raw`^${COLUMN} = ANY \(\(?ARRAY\[(.*)\]\)?(?:::[a-z ]+\[\])?\)$`).exec(text)?.[1]
  if (list !== undefined) {
    const values = [...list.matchAll(/'((?:[^']|'')*)'/g)].map(([, value]) => (value as string).replaceAll("''", "'"))
    return values.length > 0 ? { kind: "values", values } : undefined
  }
  const array = new RegExp(String.raw`^${COLUMN} = ANY \('\{((?:[^']|'')+)\}'::[a-z ]+\[\]\)$`).exec(text)?.[1]
  if (array !== undefined) return { kind: "values", values: elementsOf(array.replaceAll("''", "'")) }
  const one = new RegExp(String.raw`^${COLUMN} = '((?:[^']|'')*)'(?:::[a-z ]+)?$`).exec(text)?.[1]
  if (one !== undefined) return { kind: "values", values: [one.replaceAll("''", "'")] }
  const length = /^(?:char_length|length)\(.*?\) <= (\d+)$/.exec(text)?.[1]
  if (length !== undefined) return { kind: "length", max: Number(length) }
  const [, operator, number] = new RegExp(String.raw`^${COLUMN} (>=|<=|>|<) ${NUMBER}$`).exec(text) ?? []
  if (operator === undefined || number === undefined) return undefined
  if (operator === ">=") return { kind: "range", min: number }
  if (operator === "<=") return { kind: "range", max: number }
  if (!isWhole || number.includes(".")) return undefined
  return operator === ">"
    ? { kind: "range", min: String(BigInt(number) + 1n) }
    : { kind: "range", max: String(BigInt(number) - 1n) }
}
