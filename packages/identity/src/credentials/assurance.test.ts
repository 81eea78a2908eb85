import assert from "node:assert/strict"
import { describe, test } from "vitest"
import { assuranceOf, methodReferences, type ProofMethod } from "./assurance.ts"

const now = new Date("2026-05-01T12:00:00Z")
const proved = (...methods: readonly ProofMethod[]) => methods.map((method) => ({ method, at: "2026-05-01T11:55:00Z" }))

describe("what a login amounts to", () => {
  test("several factors are knowledge and possession, or a passkey alone", () => {
    const table: readonly (readonly [readonly ProofMethod[], string])[] = [
      [[], "none"],
      [["password"], "single"],
      [["password", "password"], "single"],
      [["totp", "recovery"], "single"],
      [["link"], "single"],
      [["link", "password"], "single"],
      [["external"], "single"],
      [["password", "totp"], "mfa"],
      [["password", "recovery"], "mfa"],
      [["link", "totp"], "mfa"],
      [["external", "totp"], "mfa"],
      [["passkey"], "mfa"],
    ]
    for (const [methods, expected] of table)
      assert.equal(assuranceOf(proved(...methods), now), expected, methods.join())
  })

  test("counts what is fresh, where that is asked", () => {
    const proofs = [
      { method: "password", at: "2026-05-01T09:00:00Z" },
      { method: "totp", at: "2026-05-01T11:59:00Z" },
    ] as const
    assert.equal(assuranceOf(proofs, now), "mfa")
    assert.equal(assuranceOf(proofs, now, 600), "single")
    assert.equal(assuranceOf(proofs, now, 30), "none")
  })

  test("has the names of RFC 8176 in tokens", () => {
    assert.deepEqual(methodReferences(proved("password", "totp"), now), ["pwd", "otp", "mfa"])
    assert.deepEqual(methodReferences(proved("passkey"), now), ["hwk", "user", "mfa"])
    assert.deepEqual(methodReferences(proved("password"), now), ["pwd"])
  })
})
