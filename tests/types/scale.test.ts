import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { isFullRun } from "../support/counts.ts"
import { compile, fromSource } from "./compiler.ts"
import { generatedCompany } from "./generated-company.ts"

const folder = mkdtempSync(join(tmpdir(), "archipel-scale-"))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Processor time, not elapsed time: other tests on the same cores do not add to it. */
const allowedCpuSeconds = 10

test("200 models with rules and nested queries are checked, with what they cost", () => {
  const files = generatedCompany(200)
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  const { diagnostics, cpuSeconds } = compile(folder, [...files.keys()], fromSource)
  expect(diagnostics).toEqual([])
  console.log(`200 models checked in ${cpuSeconds.toFixed(1)} s of CPU`)
  // The promise is held in `npm run verify`, on a machine that does nothing else.
  if (isFullRun) expect(cpuSeconds).toBeLessThan(allowedCpuSeconds)
})

test("a mistake among 200 models is found", () => {
  const files = generatedCompany(200)
  for (const [name, text] of files) writeFileSync(join(folder, name), text)
  const queries = files.get("s7-queries.ts")?.replace("items.product.before.name", "items.product.before.nmae") ?? ""
  writeFileSync(join(folder, "s7-queries.ts"), queries)
  const { diagnostics } = compile(folder, [...files.keys()], fromSource)
  expect(diagnostics[0]?.file).toBe("s7-queries.ts")
  expect(diagnostics[0]?.message).toContain("nmae")
})
