import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { defaultLimits } from "../../packages/server/src/http/limits.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const page = readFileSync(join(root, "docs/reference/configuration.md"), "utf8")

const sourcesOf = (name: string): string[] => {
  const folder = join(root, "packages", name, "src")
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts"))
    .map((path) => readFileSync(join(folder, path), "utf8"))
}
const found = (sources: readonly string[], pattern: RegExp): string[] => [
  ...new Set(sources.flatMap((text) => [...text.matchAll(pattern)].map(([, name = ""]) => name))),
]

test("every environment variable that is read is told of, and no other", () => {
  const read = found(
    ["core", "data", "server", "identity", "gateway", "cli"].flatMap(sourcesOf),
    /\b(?:env\[|text\(|place\()"([A-Z][A-Z_]+)"/g,
  )
  expect(read).toContain("DATABASE_URL")
  const told = [...page.matchAll(/^\| (`[A-Z][^|]*) \|/gm)].flatMap(
    ([, cell = ""]) => cell.match(/[A-Z_]{4,}[A-Z]/g) ?? [],
  )
  expect(read.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
  expect(told.filter((name) => !read.includes(name) && !["DATABASE_URL", "SERVICE"].includes(name))).toEqual([])
})

test("every flag that is taken is told of, and no other", () => {
  const start = readFileSync(join(root, "packages/server/src/start-arguments.ts"), "utf8")
  const taken = found([start, ...sourcesOf("cli")], /"?\b([a-z][a-z-]*)"?: \{ type: "(?:string|boolean)"/g)
  expect(taken).toContain("workers")
  const told = new Set([...page.matchAll(/--([a-z][a-z-]*)/g)].map(([, name = ""]) => name))
  expect([...told].sort()).toEqual(taken.sort())
})

test("the limits of a program are told as they are", () => {
  for (const [name, value] of Object.entries(defaultLimits)) {
    expect(page).toContain(`| \`${name}\` | ${value.toLocaleString("en-US")} |`)
  }
})
