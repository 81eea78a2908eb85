import assert from "node:assert/strict"
import { dictionary } from "@zxcvbn-ts/language-common"
import { describe, test } from "vitest"
import { judgePassword } from "./password-policy.ts"

const known = ["Alice Arnaud", "alice.arnaud@example.com", "Archipel"]
const codeOf = async (password: string): Promise<string> => {
  const verdict = await judgePassword(password, known)
  return verdict.ok ? "ok" : verdict.code
}

describe("a new password", () => {
  test("has 8 to 1,024 characters, as people count them", async () => {
    assert.equal(await codeOf("k9#vQ2!"), "too_short")
    assert.equal(await codeOf("🦊🦊🦊🦊"), "too_short")
    assert.equal(await codeOf("violet-harbour-93-kites ".repeat(42)), "ok")
    assert.equal(await codeOf("x".repeat(1_025)), "too_long")
    assert.equal(await codeOf("é".normalize("NFD").repeat(7)), "too_short")
  })

  test("is not made of what everybody knows of its owner", async () => {
    for (const password of [
      "alicearnaud",
      "Alice.Arnaud",
      "alice.arnaud@example.com",
      "Archipel1",
      "arnaud2026",
      "ARNAUDALICE12",
    ])
      assert.equal(await codeOf(password), "personal", password)
    assert.equal(await codeOf("alice has 41 lanterns on the quay"), "ok")
  })

  test("is hard to guess, whatever kinds of characters it has", async () => {
    for (const password of [
      "password123",
      "Passw0rd!",
      "qwertzuiop",
      "12345678901234",
      "aaaaaaaaaaaa",
      "abcabcabcabc",
      "19841984",
    ])
      assert.equal(await codeOf(password), "weak", password)
    for (const password of [
      "violet-harbour-93-kites",
      "correct horse battery staple",
      "vzkqmwplxo",
      "日本語の長い合言葉です",
    ])
      assert.equal(await codeOf(password), "ok", password)
  })

  test("is none of those that everybody takes", async () => {
    const common = dictionary["passwords-common"].filter((password) => password.length >= 8).slice(0, 3_000)
    assert.equal(common.length, 3_000)
    for (const password of common) assert.notEqual(await codeOf(password), "ok", password)
  })

  test("gets advice that fits", async () => {
    const adviceOn = async (password: string) => {
      const verdict = await judgePassword(password, known)
      return verdict.ok ? undefined : verdict.advice
    }
    assert.equal(await adviceOn("password1"), "common")
    assert.equal(await adviceOn("aaaaaaaaaaaa"), "repeated")
    assert.equal(await adviceOn("qwertzuiop"), "keyboard")
  })

  test("is judged in bounded time however long it is", async () => {
    const verdict = await judgePassword("@$l13!|".repeat(146), known)
    assert.deepEqual(verdict, { ok: true })
  })
})
