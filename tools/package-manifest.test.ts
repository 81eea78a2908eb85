import { expect, test } from "vitest"
import { inBuildOrder, publishedManifest } from "./package-manifest.ts"

const packages = [
  { name: "@archipel/cli", dependencies: { "@archipel/server": "1", "@archipel/core": "1" } },
  { name: "@archipel/server", dependencies: { "@archipel/core": "1", pino: "1" } },
  { name: "@archipel/core" },
]

test("packages are built after what they depend on", () => {
  expect(inBuildOrder(packages).map(({ name }) => name)).toEqual([
    "@archipel/core",
    "@archipel/server",
    "@archipel/cli",
  ])
})

test("a chosen package brings what it depends on and nothing else", () => {
  expect(inBuildOrder(packages, ["server"]).map(({ name }) => name)).toEqual(["@archipel/core", "@archipel/server"])
  expect(() => inBuildOrder(packages, ["absent"])).toThrow("There is no package absent")
})

test("what is published points to nothing that the tarball leaves out", () => {
  const published = publishedManifest({
    name: "@archipel/core",
    files: ["dist"],
    scripts: { test: "x" },
    devDependencies: { vitest: "1" },
    dependencies: { "big.js": "1" },
    exports: {
      ".": { "@archipel/source": "./src/index.ts", types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
  })
  expect(published).toEqual({
    name: "@archipel/core",
    files: ["dist"],
    dependencies: { "big.js": "1" },
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./package.json": "./package.json",
    },
  })
})
