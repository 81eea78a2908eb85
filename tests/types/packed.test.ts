import { spawnSync } from "node:child_process"
import { rmSync } from "node:fs"
import { afterAll, beforeAll, expect, test } from "vitest"
import { compile, fromPackages } from "./compiler.ts"
import { fixtureFolder, plantedMistakes } from "./mistakes.ts"
import { installPacked } from "./packed-packages.ts"

const folder = fixtureFolder()
beforeAll(() => {
  installPacked(folder)
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test("from packed contracts, what is right compiles, and each of the 26 mistakes is an error", () => {
  expect(compile(folder, ["correct.ts", "expected.ts"], fromPackages).diagnostics).toEqual([])
  const { diagnostics } = compile(folder, ["mistakes.ts"], fromPackages)
  expect(diagnostics.map(({ line }) => line)).toEqual(plantedMistakes().map(({ line }) => line))
})

test("a packed contract runs, and brings its neighbours' structure along", () => {
  const script = `
    const { knownContracts } = await import("@archipel/core")
    await import("@company/sales")
    console.log([...knownContracts().keys()].sort().join())`
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: folder,
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, NODE_OPTIONS: "" },
  })
  expect(run.stderr).toBe("")
  expect(run.stdout.trim()).toBe("catalog,crm,identity,people,sales")
})
