import { type SyntaxNode, type TypeScriptFile, nodesOf, stringOf } from "./typescript-file.ts"

/** Text to put in the place of what is from `start` to `end`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Applies edits that do not overlap; what is not named stays as it is, to the byte. */
export function edited(text: string, edits: readonly Edit[]): string {
  let result = text
  for (const edit of [...edits].sort((a, b) => b.start - a.start || b.end - a.end))
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end)
  return result
}

const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", offset - 1) + 1))?.[0] ?? ""

/** Adds an item at the end of an object or array literal, on lines of its own where the literal has several lines or `own` asks for it. */
export function appended(file: TypeScriptFile, literal: SyntaxNode, item: string, own = false): Edit {
  const items = (literal["properties"] ?? literal["elements"]) as readonly SyntaxNode[]
  const last = items.at(-1)
  const base = indentAt(file.text, literal.start)
  const severalLines = own || file.text.slice(literal.start, literal.end).includes("\n")
  const inner = last && severalLines ? indentAt(file.text, last.start) : `${base}  `
  const lines = item.replaceAll("\n", `\n${inner}`)
  if (last === undefined) {
    const body = severalLines ? `\n${inner}${lines},\n${base}` : item
    return { start: literal.start + 1, end: literal.end - 1, text: body }
  }
  const rest = file.text.slice(last.end, literal.end - 1)
  const comma = /^\s*,/.exec(rest)
  const start = last.end + (comma?.[0].length ?? 0)
  const separator = comma ? "" : ","
  if (!severalLines) return { start, end: start, text: `${separator} ${item}` }
  return { start, end: start, text: `${separator}\n${inner}${lines}${comma || !rest.includes("\n") ? "," : ""}` }
}

const importsOf = (file: TypeScriptFile): readonly SyntaxNode[] =>
  (file.program["body"] as readonly SyntaxNode[]).filter((node) => node.type === "ImportDeclaration")

/** One more import, in the place that such imports have. */
function importLine(file: TypeScriptFile, module: string, line: string): Edit {
  const imports = importsOf(file)
  const [first] = imports
  if (first === undefined) return { start: 0, end: 0, text: `${line}\n\n` }
  // Packages stand before the project's own files.
  if (!module.startsWith(".") && stringOf(first["source"])?.startsWith("."))
    return { start: first.start, end: first.start, text: `${line}\n` }
  const after = imports.at(-1)?.end ?? 0
  return { start: after, end: after, text: `\n${line}` }
}

/** Makes sure that `module` is imported for what it does. */
export const importedModule = (file: TypeScriptFile, module: string): Edit[] =>
  importsOf(file).some((node) => stringOf(node["source"]) === module)
    ? []
    : [importLine(file, module, `import "${module}"`)]

/** Makes sure that `names` are imported from `module`; as few edits as possible. */
export function imported(file: TypeScriptFile, module: string, names: readonly string[]): Edit[] {
  const imports = importsOf(file)
  const known = new Set(
    imports.flatMap((node) =>
      (node["specifiers"] as readonly SyntaxNode[]).map((s) => (s["local"] as SyntaxNode)["name"] as string),
    ),
  )
  const missing = [...new Set(names)].filter((name) => !known.has(name))
  if (missing.length === 0) return []
  const home = imports.find(
    (node) =>
      stringOf(node["source"]) === module &&
      node["importKind"] !== "type" &&
      (node["specifiers"] as readonly SyntaxNode[]).some((s) => s.type === "ImportSpecifier"),
  )
  if (home === undefined) return [importLine(file, module, `import { ${missing.join(", ")} } from "${module}"`)]
  const specifiers = home["specifiers"] as readonly SyntaxNode[]
  const braces = { start: file.text.indexOf("{", home.start), end: file.text.lastIndexOf("}", home.end) + 1 }
  const written = specifiers
    .filter((s) => s.type === "ImportSpecifier")
    .map((s) => file.text.slice(s.start, s.end))
    .concat(missing)
    .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
  const short = `{ ${written.join(", ")} }`
  const text = short.length <= 90 ? short : `{\n${written.map((name) => `  ${name},\n`).join("")}}`
  return [{ ...braces, text }]
}

/** Whether the file declares `name` at its top level. */
export function declares(file: TypeScriptFile, name: string): boolean {
  for (const node of nodesOf(file.program))
    if (node.type === "VariableDeclarator" && (node["id"] as SyntaxNode)["name"] === name) return true
  return false
}
