import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test } from "vitest"
import { findProgram, missingPolicy, optional } from "./optional.ts"

const folder = mkdtempSync(join(tmpdir(), "archipel-optional-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test("only REQUIRE_ALL=1 turns missing things into failures", () => {
  expect(missingPolicy("1")).toBe("fail")
  expect(missingPolicy("0")).toBe("skip")
  expect(missingPolicy(undefined)).toBe(process.env["REQUIRE_ALL"] === "1" ? "fail" : "skip")
})

test("an empty value counts as missing", () => {
  expect(optional("DATA", "").value).toBeUndefined()
  expect(optional("DATA", "/data").value).toBe("/data")
})

test("a program is found on PATH only when it may be executed", () => {
  writeFileSync(join(folder, "tool"), "#!/bin/sh\n", { mode: 0o755 })
  writeFileSync(join(folder, "text"), "", { mode: 0o644 })
  expect(findProgram(["absent", "tool"], folder)).toBe(join(folder, "tool"))
  expect(findProgram(["text"], folder)).toBeUndefined()
})

optional("given", "value").test("a present value is handed to the test", (value) => {
  expect(value).toBe("value")
})
