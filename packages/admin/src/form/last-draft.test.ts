import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { LastDraft } from "./last-draft.ts"

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function counted() {
  const drafts = new LastDraft<number>()
  let asked = 0
  return { drafts, of: (question: object) => drafts.of(question, async () => ++asked) }
}

test("the same question is asked once, another one is asked", async () => {
  const { of } = counted()
  expect(await of({ values: { quantity: 1 } })).toBe(1)
  expect(await of({ values: { quantity: 1 } })).toBe(1)
  expect(await of({ values: { quantity: 2 } })).toBe(2)
  expect(await of({ values: { quantity: 1 } })).toBe(3)
})

test("after a while, or when it was forgotten, it is asked again", async () => {
  const { drafts, of } = counted()
  await of({ values: {} })
  vi.advanceTimersByTime(9_999)
  expect(await of({ values: {} })).toBe(1)
  vi.advanceTimersByTime(1)
  expect(await of({ values: {} })).toBe(2)
  drafts.forget()
  expect(await of({ values: {} })).toBe(3)
})

test("what failed is asked again", async () => {
  const drafts = new LastDraft<string>()
  await drafts.of({ values: {} }, async () => "first")
  await expect(drafts.of({ values: { a: 1 } }, () => Promise.reject(new Error("away")))).rejects.toThrow("away")
  expect(await drafts.of({ values: { a: 1 } }, async () => "second")).toBe("second")
})
