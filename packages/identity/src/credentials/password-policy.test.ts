import assert from "node:assert/strict"
import { dictionary } from "@zxcvbn-ts/language-common"
import { describe, test } from "vitest"
import { judgePassword } from "./password-policy.ts"

const known = ["Alice Arnaud", "alice.arnaud@example.com", "Archipel"]
const codeOf = (password: string): string => {
  const verdict = judgePassword(password, known)
  return verdict.ok ? "ok" : verdict.code
}

describe("a new password", () => {
  test("has 8 to 1,024 characters, as people count them", () => {
    assert.equal(codeOf("k9#vQ2!"), "too_short")
    assert.equal(codeOf("🦊🦊🦊🦊"), "too_short")
    assert.equal(codeOf("violet-harbour-93-kites ".repeat(42)), "ok")
    assert.equal(codeOf("x".repeat(1_025)), "too_long")
    assert.equal(codeOf("é".normalize("NFD").repeat(7)), "too_short")
  })

  test("is not made of what everybody knows of its owner", () => {
    for (const password of [
      "alicearnaud",
      "Alice.Arnaud",
      "alice.arnaud@example.com",
      "Archipel1",
      "arnaud2026",
      "ARNAUDALICE12",
    ])
      assert.equal(codeOf(password), "personal", password)
    assert.equal(codeOf("alice has 41 lanterns on the quay"), "ok")
  })

  test("is hard to guess, whatever kinds of characters it has", () => {
    for (const password of [
      "password123",
      "Passw0rd!",
      "qwertzuiop",
      "12345678901234",
      "aaaaaaaaaaaa",
      "abcabcabcabc",
      "19841984",
    ])
      assert.equal(codeOf(password), "weak", password)
    for (const password of [
      "violet-harbour-93-kites",
      "correct horse battery staple",
      "vzkqmwplxo",
      "日本語の長い合言葉です",
    ])
      assert.equal(codeOf(password), "ok", password)
  })

  test("is none of those that everybody takes", () => {
    const common = dictionary["passwords-common"].filter((password) => password.length >= 8).slice(0, 3_000)
    assert.equal(common.length, 3_000)
    assert.deepEqual(
      common.filter((password) => codeOf(password) === "ok"),
      [],
    )
  })

  test("gets advice that fits", () => {
    const adviceOn = (password: string) => {
      const verdict = judgePassword(password, known)
      return verdict.ok ? undefined : verdict.advice
    }
    assert.equal(adviceOn("password1"), "common")
    assert.equal(adviceOn("aaaaaaaaaaaa"), "repeated")
    assert.equal(adviceOn("qwertzuiop"), "keyboard")
  })

  test("is judged in bounded time however long it is", () => {
    const verdict = judgePassword("@$l13!|".repeat(146), known)
    assert.deepEqual(verdict, { ok: true })
  })
})
