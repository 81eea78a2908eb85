import { expect, test } from "vitest"
import { activityOf, type Comment, type HistoryEntry, toldFields } from "./activity.ts"

const entry = (at: string): HistoryEntry => ({
  id: at,
  at,
  operation: "update",
  version: 1,
  actor: { kind: "user", id: "u" },
  changes: {},
})
const comment = (at: string): Comment => ({ id: at, at, author: "u", text: at, _can: [] })

test("changes and comments come in the order in which they happened, newest first", () => {
  const items = activityOf(
    { data: [entry("2026-03"), entry("2026-01")], isWhole: true },
    { data: [comment("2026-04"), comment("2026-02")], isWhole: true },
  )
  expect(items.map(({ kind, at }) => `${kind} ${at}`)).toEqual([
    "comment 2026-04",
    "change 2026-03",
    "comment 2026-02",
    "change 2026-01",
  ])
})

test("that something was said is told by what was said", () => {
  const said = { ...entry("2026-02"), operation: "update", action: "commented" }
  expect(activityOf({ data: [said], isWhole: true }, { data: [comment("2026-02")], isWhole: true })).toHaveLength(1)
})

test("nothing is told of a time of which only one of both is known", () => {
  const items = activityOf(
    { data: [entry("2026-05"), entry("2026-03")], isWhole: false },
    { data: [comment("2026-04"), comment("2026-01")], isWhole: true },
  )
  expect(items.map(({ at }) => at)).toEqual(["2026-05", "2026-04", "2026-03"])
})

test("what changes with every write is not told", () => {
  const changes = { note: { old: null, new: "a" }, version: { old: 1, new: 2 }, updatedAt: { old: "", new: "" } }
  expect(toldFields(changes)).toEqual(["note"])
})
