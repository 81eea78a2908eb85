import { parseSync, Visitor } from "oxc-parser"

/** What the rules look at in one source file. */
export interface SourceFile {
  /** Path from the repository's root, with `/`. */
  readonly path: string
  readonly lines: number
  /** Every module named by an import, a re-export, `import()`, an `import("…")` type or `declare module "…"`. */
  readonly imports: readonly string[]
  /** `export *` without a name, by the module it takes everything from. */
  readonly starExports: readonly string[]
  /** Names of the forms that type stripping or the house style exclude: `enum`, `namespace`, `export default`. */
  readonly excludedForms: readonly string[]
}

/** @throws Error when the source cannot be parsed, so that no rule passes for want of understanding a file. */
export function readSource(path: string, source: string): SourceFile {
  const { program, module, errors } = parseSync(path, source)
  const problem = errors.find((error) => error.severity === "Error")
  if (problem !== undefined) throw new Error(`${path}: ${problem.message}`)

  const imports = new Set<string>()
  const excludedForms = new Set<string>()
  for (const statement of module.staticImports) imports.add(statement.moduleRequest.value)
  const entries = module.staticExports.flatMap((statement) => statement.entries)
  for (const { moduleRequest, exportName } of entries) {
    if (moduleRequest !== null) imports.add(moduleRequest.value)
    if (exportName.kind === "Default" || exportName.name === "default") excludedForms.add("export default")
  }
  new Visitor({
    ImportExpression: ({ source: specifier }) => {
      if (specifier.type === "Literal" && typeof specifier.value === "string") imports.add(specifier.value)
    },
    TSImportType: ({ source: specifier }) => {
      imports.add(specifier.value)
    },
    TSModuleDeclaration: ({ id }) => {
      if (id.type === "Literal") imports.add(id.value)
      else excludedForms.add("namespace")
    },
    TSEnumDeclaration: () => {
      excludedForms.add("enum")
    },
    TSExportAssignment: () => {
      excludedForms.add("export default")
    },
  }).visit(program)

  return {
    path,
    lines: source.split("\n").length,
    imports: [...imports],
    starExports: entries
      .filter(({ moduleRequest, exportName }) => moduleRequest !== null && exportName.kind === "None")
      .map(({ moduleRequest }) => moduleRequest?.value ?? ""),
    excludedForms: [...excludedForms],
  }
}

/** The package of an import specifier: `@archipel/core/test` → `@archipel/core`, `pg/lib/x.js` → `pg`; undefined for a path or a `node:` module. */
export function packageOf(specifier: string): string | undefined {
  if (/^[./#]/.test(specifier) || specifier.startsWith("node:")) return undefined
  const [first = "", second = ""] = specifier.split("/")
  return first.startsWith("@") ? `${first}/${second}` : first
}
