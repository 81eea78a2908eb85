import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { repository } from "./compiler.ts"

const linesOf = (path: string): number =>
  readFileSync(join(repository, "examples", path), "utf8")
    .trimEnd()
    .split("\n").length

test("a whole service is under 25 lines", () => {
  expect(linesOf("hello/hello.ts")).toBeLessThan(25)
})

test("the company's four services together are under 600 lines", () => {
  const files = ["crm", "catalog", "sales", "people"].flatMap((name) =>
    ["contract.ts", "logic.ts", "service.ts"].map((file) => `company/${name}/${file}`),
  )
  expect(files.reduce((sum, file) => sum + linesOf(file), 0)).toBeLessThan(600)
})
