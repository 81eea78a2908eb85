import { readdirSync, readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"

const MAX_BYTES = 8 * 1024

test("the client is small, with all its comments and before anybody minified it", () => {
  const sources = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
  const code = sources.map((name) => stripTypeScriptTypes(readFileSync(`${import.meta.dirname}/${name}`, "utf8")))
  expect(gzipSync(code.join("\n")).byteLength).toBeLessThan(MAX_BYTES)
})
