import { describe, expect, test } from "vitest"
import { FreshCache } from "../../src/grants/fresh-cache.ts"

/** A source that a test answers for. */
function source() {
  const state = { value: 1, at: 0, isHeard: true, isAway: false, loads: 0 }
  const waiting: (() => void)[] = []
  let isHeld = false
  const cache = new FreshCache<number>({
    async load() {
      state.loads++
      const { value, isAway } = state
      if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve))
      if (isAway) throw new Error("away")
      return value
    },
    freshness: { heardMs: 60_000, deafMs: 5_000, boundMs: 300_000 },
    isHeard: () => state.isHeard,
    now: () => state.at,
    max: 3,
  })
  return {
    state,
    cache,
    hold: () => {
      isHeld = true
    },
    release: () => {
      isHeld = false
      for (const go of waiting.splice(0)) go()
    },
  }
}

describe("what is kept", () => {
  test("is used for a minute while changes are told, for five seconds while they are not", async () => {
    const { state, cache } = source()
    state.at = 1
    expect(await cache.get("a")).toBe(1)
    state.value = 2
    state.at = 60_000
    expect(cache.get("a")).toBe(1)
    state.isHeard = false
    expect(await cache.get("a")).toBe(2)
    state.value = 3
    state.at += 5_000
    expect(cache.get("a")).toBe(2)
    state.at += 1
    expect(await cache.get("a")).toBe(3)
  })

  test("is never used after a change was told, not even when the source is away", async () => {
    const { state, cache } = source()
    await cache.get("a")
    await cache.get("b")
    state.isAway = true
    cache.forget("a")
    await expect(cache.get("a")).rejects.toThrow("away")
    expect(await cache.get("b")).toBe(1)
    cache.forgetAll()
    await expect(cache.get("b")).rejects.toThrow("away")
  })

  test("is used up to its bound while the source is away, and not beyond", async () => {
    const { state, cache } = source()
    await cache.get("a")
    state.isAway = true
    state.at = 300_000
    expect(await cache.get("a")).toBe(1)
    const { loads } = state
    // For a moment nobody asks a source that did not answer.
    expect(cache.get("a")).toBe(1)
    expect(state.loads).toBe(loads)
    state.at = 300_001
    await expect(cache.get("a")).rejects.toThrow("away")
    state.at = -1
    await expect(cache.get("a")).rejects.toThrow("away")
  })

  test("is not what was read before a change that was told while it was read", async () => {
    const { state, cache, hold, release } = source()
    hold()
    const first = cache.get("a")
    state.value = 2
    cache.forget("a")
    release()
    expect(await first).toBe(2)
    expect(cache.get("a")).toBe(2)
    expect(state.loads).toBe(2)
  })

  test("is suspect after changes may have been missed, but better than nothing", async () => {
    const { state, cache } = source()
    await cache.get("a")
    state.value = 2
    cache.suspectAll()
    state.at = 1
    expect(await cache.get("a")).toBe(2)
    state.isAway = true
    cache.suspectAll()
    expect(await cache.get("a")).toBe(2)
  })

  test("is read once for all who ask at the same time, and is not more than its bound", async () => {
    const { state, cache, hold, release } = source()
    hold()
    const all = Promise.all(Array.from({ length: 50 }, () => cache.get("a")))
    release()
    await all
    expect(state.loads).toBe(1)
    state.at = 1
    for (const key of ["b", "c", "d", "e"]) await cache.get(key)
    expect(cache.size).toBe(3)
    expect(cache.peek("a")).toBeUndefined()
  })
})
