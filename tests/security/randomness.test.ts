/**
 * Where secrets are made, numbers that somebody could foretell are not even at hand.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"

const packages = fileURLToPath(new URL("../../packages/", import.meta.url))
const sourcesOf = (name: string): string[] =>
  readdirSync(join(packages, name, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(packages, name, "src", path))

const foretold = /\bMath\.random\b|\bseedrandom\b|\bpseudoRandomBytes\b/

test("secrets come from the system's generator", () => {
  const sources = ["identity", "gateway"].flatMap(sourcesOf)
  expect(sources.length).toBeGreaterThan(80)
  expect(sources.filter((path) => foretold.test(readFileSync(path, "utf8")))).toEqual([])
  const makers = sources.filter((path) => /\brandom(?:Bytes|Int|State|Nonce)\(/.test(readFileSync(path, "utf8")))
  expect(makers.length).toBeGreaterThan(4)
})
