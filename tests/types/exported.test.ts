import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { knownContracts } from "@archipel/core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { compile, fromPackages, fromSource } from "./compiler.ts"
import { fixtureFolder, plantedMistakes } from "./mistakes.ts"
import { installExported } from "./packed-packages.ts"

const services = ["crm", "catalog", "people", "sales"]
const folder = fixtureFolder()
beforeAll(() => {
  installExported(folder)
})
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})
const installed = (service: string, file: string): string =>
  readFileSync(join(folder, "node_modules/@company", service, file), "utf8")

test("from exported contracts, what is right compiles, and each of the 21 mistakes is an error", () => {
  expect(compile(folder, ["correct.ts", "expected.ts"], fromPackages).diagnostics).toEqual([])
  const { diagnostics } = compile(folder, ["mistakes.ts"], fromPackages)
  expect(diagnostics.map(({ line }) => line)).toEqual(plantedMistakes().map(({ line }) => line))
})

test("the types of an exported contract are those of its source", () => {
  // Of two declarations of one contract in one program, only the source's adds itself to the names.
  for (const service of services)
    writeFileSync(
      join(folder, `${service}.exported.d.ts`),
      installed(service, "index.d.ts")
        .replace(/^import "[^"]+"\n/gm, "")
        .replace(/declare module[\s\S]*$/, ""),
    )
  const lines = services.flatMap((service) => [
    `import type { ${service} as ${service}Exported } from "./${service}.exported.d.ts"`,
    `import type { ${service} as ${service}Source } from "@company/${service}"`,
    `const ${service}Same: AllSame<typeof ${service}Source, typeof ${service}Exported> = true`,
    `const ${service}Roles: Same<(typeof ${service}Source)["roles"], (typeof ${service}Exported)["roles"]> = true`,
    `export const ${service}Checked = [${service}Same, ${service}Roles]`,
  ])
  writeFileSync(
    join(folder, "same.ts"),
    `import type { Contract, Model } from "@archipel/core"
type Flat<T> = { [K in keyof T]: T[K] }
type Same<A, B> = (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true : { differs: [A, B] }
type Parts<M> = M extends Model<infer S, infer A, infer N> ? [Flat<S>, Flat<A>, Flat<N>] : never
type Models<C> = C extends Contract<string, readonly string[], infer M> ? M : never
type Each<A, B> = { [K in keyof A | keyof B]: K extends keyof A & keyof B ? Same<Parts<A[K]>, Parts<B[K]>> : false }
type Values<T> = T[keyof T]
type AllSame<A, B> = [Values<Each<Models<A>, Models<B>>>] extends [true] ? true : Each<Models<A>, Models<B>>
${lines.join("\n")}
`,
  )
  expect(compile(folder, ["same.ts"], fromSource).diagnostics).toEqual([])
})

test("an exported contract runs, brings its neighbours' structure along, and is the same data", () => {
  const script = `
    const { knownContracts } = await import("@archipel/core")
    await import("@company/sales")
    console.log(JSON.stringify(Object.fromEntries(knownContracts())))`
  const run = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: folder,
    encoding: "utf8",
    timeout: 30_000,
    env: { ...process.env, NODE_OPTIONS: "" },
  })
  expect(run.stderr).toBe("")
  const known = JSON.parse(run.stdout) as Record<string, object>
  expect(Object.keys(known).toSorted()).toEqual(["catalog", "crm", "identity", "people", "sales"])
  for (const service of services) {
    const { version, ...structure } = known[service] as { version?: string }
    expect(version).toBe("1.2.0")
    expect(structure).toEqual(knownContracts().get(service))
    expect(JSON.parse(installed(service, "contract.json"))).toEqual(known[service])
  }
})

test("nothing of a service's code is in it", () => {
  for (const service of services) {
    expect(installed(service, "index.js")).not.toMatch(/=>|function|logic|suggest\(|compute\(/)
    expect(existsSync(join(folder, "node_modules/@company", service, "logic.js"))).toBe(false)
  }
})
