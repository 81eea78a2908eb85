import { describe, expect, test } from "vitest"
import { formViolations, longestFile, packageViolations } from "./form-rules.ts"
import { dependencyCycles, importViolations, type Manifest } from "./import-rules.ts"
import { packageOf, readSource } from "./source-file.ts"

const root: Manifest = { name: "archipel", devDependencies: { vitest: "5.0.0" } }

function violations(
  name: string,
  path: string,
  source: string,
  dependencies: readonly string[] = [],
): readonly string[] {
  const manifest = {
    name: `@archipel/${name}`,
    dependencies: Object.fromEntries(dependencies.map((key) => [key, "1.0.0"])),
  }
  return importViolations(readSource(`packages/${name}/${path}`, source), manifest, root)
}

describe("reading a source file", () => {
  test("every way to name another module is seen", () => {
    const { imports } = readSource(
      "a.ts",
      `import one, { type two } from "one"
       import type { x } from "two"
       import "three"
       export { y } from "four"
       export type { z } from "./five.ts"
       const late = () => import("six")
       type Deep = import("seven").Deep
       declare module "eight" { interface Contracts { a: 1 } }
       // import { no } from "comment"
       const text = 'import { no } from "string"'`,
    )
    expect(imports.toSorted()).toEqual(["eight", "four", "one", "seven", "six", "three", "two", "./five.ts"].toSorted())
  })

  test("a file that cannot be parsed is an error, not an empty file", () => {
    expect(() => readSource("a.ts", "import {")).toThrow("a.ts")
  })

  test.each([
    ["@archipel/core/test", "@archipel/core"],
    ["pg/lib/x.js", "pg"],
    ["./x.ts", undefined],
    ["node:fs", undefined],
  ])("%s belongs to package %s", (specifier, expected) => {
    expect(packageOf(specifier)).toBe(expected)
  })
})

describe("a planted violation is found", () => {
  test.each([
    ["core", `import "node:fs"`, [], "core runs in a browser"],
    ["core", `import type { A } from "@archipel/data"`, ["@archipel/data"], "may import no other package"],
    ["data", `export { a } from "@archipel/server"`, ["@archipel/server"], "data may import core"],
    ["server", `const pg = await import("pg")`, ["pg"], "only data speaks SQL"],
    ["server", `import type { Sql } from "kysely"`, ["kysely"], "only data speaks SQL"],
    ["cli", `import { Hono } from "hono"`, ["hono"], "only server knows the HTTP library"],
    ["server", `import { x } from "@archipel/cli"`, ["@archipel/cli"], "server may import data, core"],
    ["core", `import Big from "big.js"`, [], "does not declare"],
    ["data", `import { x } from "../../core/src/x.ts"`, [], "a file of another package"],
    ["billing", ``, [], "no row in the table of directions"],
  ])("in %s: %s", (name, source, dependencies, expected) => {
    expect(violations(name, "src/a.ts", source, dependencies)).toEqual([expect.stringContaining(expected)])
  })

  test("a test may import the repository's development tools, a source may not", () => {
    const source = `import { test } from "vitest"\nimport "node:fs"`
    expect(violations("core", "src/a.test.ts", source)).toEqual([])
    expect(violations("core", "test/a.ts", source)).toEqual([])
    expect(violations("core", "src/a.ts", source)).toHaveLength(2)
  })

  test("what is allowed passes", () => {
    const source = `import "@archipel/core"\nimport pg from "pg"\nimport "node:fs"\nimport "./b.ts"\nimport "../package.json"`
    expect(violations("data", "src/a.ts", source, ["@archipel/core", "pg"])).toEqual([])
  })

  test.each([
    ["a.ts", "export default 1", "export default"],
    ["a.ts", "const a = 1; export { a as default }", "export default"],
    ["a.ts", "export enum A { B }", "enum"],
    ["a.ts", "namespace A { export const b = 1 }", "namespace"],
    ["a.ts", `export * from "./b.ts"`, "exports *"],
    ["camelCase.ts", "", "kebab-case"],
    ["utils.ts", "", "says nothing"],
    ["a.ts", "\n".repeat(longestFile), "more than"],
  ])("%s with %j", (name, source, expected) => {
    expect(formViolations(readSource(`packages/core/src/${name}`, source))).toEqual([expect.stringContaining(expected)])
  })

  test("a good file has no violation", () => {
    const source = `export * as sql from "./b.ts"\nexport const a = 1\ndeclare module "@archipel/core" {}`
    expect(formViolations(readSource("packages/core/src/record-rules.ts", source))).toEqual([])
  })

  test("a package without README", () => {
    expect(packageViolations("packages/core", new Set(["src/index.ts", "tsconfig.build.json"]))).toEqual([
      "packages/core has no README.md",
    ])
  })

  test("a cycle of packages", () => {
    const manifests = [
      { name: "a", dependencies: { b: "1" } },
      { name: "b", dependencies: { c: "1" } },
      { name: "c", dependencies: { a: "1" } },
    ]
    expect(dependencyCycles(manifests)).toContain("a → b → c → a")
    expect(dependencyCycles(manifests.slice(0, 2))).toEqual([])
  })
})
