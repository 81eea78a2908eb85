import { describe, expect, test } from "vitest"
import { formViolations, packageViolations } from "./form-rules.ts"
import { dependencyCycles, exampleViolations, importViolations, undeclared } from "./import-rules.ts"
import { hasFile, manifestOf, readFolder, readManifest, readPackages } from "./repository.ts"

const packages = readPackages()
const root = readManifest(".")
const outside = ["examples", "tests", "tools", "bench"].flatMap(readFolder)

test("the packages are found and have sources", () => {
  expect(packages.map(({ manifest }) => manifest.name)).toEqual(
    expect.arrayContaining(["@archipel/core", "@archipel/data", "@archipel/server", "@archipel/cli"]),
  )
  expect(packages.flatMap(({ sources }) => sources).length).toBeGreaterThan(10)
})

describe.each(packages)("$folder", ({ folder, manifest, sources, files }) => {
  test("imports only what its place allows and its package.json declares", () => {
    expect(sources.flatMap((file) => importViolations(file, manifest, root))).toEqual([])
  })

  test("keeps to the house's forms", () => {
    expect(sources.flatMap(formViolations)).toEqual([])
  })

  test("has a README, an index and a build", () => {
    expect(packageViolations(folder, files)).toEqual([])
  })
})

test("no package depends on itself through others", () => {
  expect(dependencyCycles(packages.map(({ manifest }) => manifest))).toEqual([])
})

test("examples leave SQL and HTTP to the packages", () => {
  expect(outside.filter(({ path }) => path.startsWith("examples/")).flatMap(exampleViolations)).toEqual([])
})

test("examples and the benchmark import only what they declare", () => {
  const workspaces = outside.filter(({ path }) => manifestOf(path).name !== root.name)
  expect(workspaces.flatMap((file) => undeclared(file, manifestOf(file.path), root))).toEqual([])
})

test("files outside the packages keep to the house's forms", () => {
  expect(outside.flatMap(formViolations)).toEqual([])
})

test("the licence is in the repository and named by every package", () => {
  expect(hasFile("LICENSE")).toBe(true)
  expect(packages.filter(({ manifest }) => !("license" in manifest) || manifest.license !== "Apache-2.0")).toEqual([])
})
