/**
 * Reads the rows of an SQL dump: `CREATE TABLE` for the columns, `INSERT INTO … VALUES` for the rows. Strings are standard
 * SQL ones (a quote is doubled, a backslash is a backslash); comments and all other statements are passed over.
 *
 * @module
 */

/** A row by column name; every value is the dump's text, NULL is null. */
export type DumpRow = Readonly<Record<string, string | null>>

type Token = { readonly kind: "word" | "string" | "sign"; readonly text: string }

const tokenPattern =
  /(?<space>\s+|--[^\n]*|\/\*[\s\S]*?\*\/)|'(?<string>(?:[^']|'')*)'|"(?<quoted>(?:[^"]|"")*)"|(?<sign>[(),;])|(?<word>[^\s'"(),;]+)/y

/**
 * All rows of a dump, by table; a table without rows has an empty list.
 *
 * @throws SyntaxError where the text is no dump of this kind, naming the table.
 */
export function readDump(dump: string): ReadonlyMap<string, readonly DumpRow[]> {
  const columns = new Map<string, readonly string[]>()
  const tables = new Map<string, DumpRow[]>()
  for (const statement of statements(dump)) {
    const words = statement.slice(0, 3).map(({ text }) => text.toUpperCase())
    const table = statement[2]?.text.replace(/^public\./, "") ?? ""
    if (words[0] === "CREATE" && words[1] === "TABLE") {
      columns.set(table, columnNames(statement.slice(3)))
      tables.set(table, [])
    } else if (words[0] === "INSERT" && words[1] === "INTO") {
      const rows = tables.get(table)
      if (!rows) throw new SyntaxError(`Rows of ${table}, which no CREATE TABLE before them describes`)
      rows.push(...readRows(table, statement.slice(3), columns.get(table) ?? []))
    }
  }
  return tables
}

function* statements(dump: string): Generator<readonly Token[]> {
  let tokens: Token[] = []
  for (const token of readTokens(dump)) {
    if (token.kind !== "sign" || token.text !== ";") tokens.push(token)
    else {
      yield tokens
      tokens = []
    }
  }
  if (tokens.length > 0) yield tokens
}

function* readTokens(dump: string): Generator<Token> {
  let at = 0
  while (at < dump.length) {
    tokenPattern.lastIndex = at
    const match = tokenPattern.exec(dump)
    if (!match) throw new SyntaxError(`A quote is not closed: ${dump.slice(at, at + 40)}`)
    at = tokenPattern.lastIndex
    const { string, quoted, sign, word } = match.groups ?? {}
    if (string !== undefined) yield { kind: "string", text: string.replaceAll("''", "'") }
    else if (quoted !== undefined) yield { kind: "word", text: quoted.replaceAll('""', '"') }
    else if (sign !== undefined) yield { kind: "sign", text: sign }
    else if (word !== undefined) yield { kind: "word", text: word }
  }
}

/** `( … , … )` at the start of `tokens`, split at its own commas, and how many tokens that took. */
function parenthesised(tokens: readonly Token[]): {
  readonly parts: readonly (readonly Token[])[]
  readonly length: number
} {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const [index, token] of tokens.entries()) {
    const sign = token.kind === "sign" ? token.text : ""
    if (sign === "(") depth += 1
    if (sign === ")") depth -= 1
    if (depth === 0) return { parts, length: index + 1 }
    if (sign === "," && depth === 1) parts.push([])
    else if (sign !== "(" || depth > 1) parts.at(-1)?.push(token)
  }
  throw new SyntaxError("A parenthesis is not closed")
}

const constraintWords = new Set(["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "EXCLUDE", "LIKE"])

function columnNames(tokens: readonly Token[]): readonly string[] {
  return parenthesised(tokens)
    .parts.map(([first]) => first?.text ?? "")
    .filter((name) => !constraintWords.has(name.toUpperCase()))
}

function readRows(table: string, tokens: readonly Token[], all: readonly string[]): readonly DumpRow[] {
  let rest = tokens
  let columns = all
  if (rest[0]?.text === "(") {
    const named = parenthesised(rest)
    columns = named.parts.map(([name]) => name?.text ?? "")
    rest = rest.slice(named.length)
  }
  if (rest[0]?.text.toUpperCase() !== "VALUES") throw new SyntaxError(`Rows of ${table} that are not given by VALUES`)
  const rows: DumpRow[] = []
  for (rest = rest.slice(1); rest.length > 0; rest = rest[0]?.text === "," ? rest.slice(1) : rest) {
    const { parts, length } = parenthesised(rest)
    if (parts.length !== columns.length) {
      throw new SyntaxError(`A row of ${table} has ${parts.length} values for ${columns.length} columns`)
    }
    rows.push(Object.fromEntries(columns.map((column, index) => [column, valueOf(table, parts[index] ?? [])])))
    rest = rest.slice(length)
  }
  return rows
}

function valueOf(table: string, tokens: readonly Token[]): string | null {
  const [token, ...more] = tokens
  if (!token || more.length > 0) throw new SyntaxError(`A value in ${table} is neither a constant nor NULL`)
  return token.kind === "word" && token.text.toUpperCase() === "NULL" ? null : token.text
}
