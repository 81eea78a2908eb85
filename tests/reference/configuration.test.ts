import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { defaultLimits } from "../../packages/server/src/http/limits.ts"
import { settings } from "../../packages/server/src/settings/settings.ts"
import { withSettings } from "../../tools/configuration-reference.ts"

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
  const listed = settings.map(({ name }) => name)
  expect(read.filter((name) => !listed.includes(name) && !["LOCALAPPDATA", "TZ"].includes(name))).toEqual([])
  expect(listed.filter((name) => !read.includes(name) && name !== "DATABASE_URL_<SERVICE>")).toEqual([])
})

test("the tables of variables are those of the code", () => {
  expect(page).toBe(withSettings(page))
  for (const { name } of settings) expect(page).toContain(`| \`${name}\` |`)
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
