import { describe, expect, test } from "vitest"
import {
  type FormState,
  openedState,
  payloadOf,
  shownLines,
  unsaved,
  withNewLine,
  withoutLine,
  withValue,
} from "./form-state.ts"
import { type Conflict, mergeWith, resolved } from "./merge.ts"

const record = {
  id: "o1",
  version: 1,
  updatedAt: "2026-01-01T00:00:00.000Z",
  note: "a",
  freight: "1.00",
  tags: ["a", "b"],
  lines: [
    { id: "l1", quantity: 1, price: "2.00" },
    { id: "l2", quantity: 2, price: "3.00" },
  ],
}
const links = new Set(["tags"])
const opened = (): FormState => openedState(record, ["lines"])
const newer = (change: object): Record<string, unknown> => ({
  ...record,
  version: 2,
  updatedAt: "2026-01-02T00:00:00.000Z",
  ...change,
})
const sent = (state: FormState): unknown => payloadOf(state, links).values

describe("changes of two people", () => {
  test("to different fields come together by themselves", () => {
    const merged = mergeWith(withValue(opened(), { field: "note" }, "mine"), newer({ freight: "9.00" }), links)
    expect(merged.conflicts).toEqual([])
    expect(merged.taken).toEqual([{ field: "freight" }])
    expect(merged.state.base?.["version"]).toBe(2)
    expect(sent(merged.state)).toEqual({ note: "mine" })
  })

  test("to the same value are one change", () => {
    const merged = mergeWith(withValue(opened(), { field: "note" }, "b"), newer({ note: "b" }), links)
    expect(merged.conflicts).toEqual([])
    expect(sent(merged.state)).toEqual({})
  })

  test("to one field are a question with three values", () => {
    const merged = mergeWith(withValue(opened(), { field: "note" }, "mine"), newer({ note: "theirs" }), links)
    expect(merged.conflicts).toEqual([{ kind: "value", field: "note", before: "a", mine: "mine", theirs: "theirs" }])
    const [conflict] = merged.conflicts as [Conflict]
    expect(sent(resolved(merged.state, conflict, "mine"))).toEqual({ note: "mine" })
    expect(sent(resolved(merged.state, conflict, "theirs"))).toEqual({})
  })

  test("to different fields of one line come together by themselves", () => {
    const mine = withValue(opened(), { list: "lines", line: "l1", field: "quantity" }, 7)
    const theirs = newer({
      lines: [{ id: "l1", quantity: 1, price: "5.00" }, record.lines[1], { id: "l3", quantity: 3 }],
    })
    const merged = mergeWith(mine, theirs, links)
    expect(merged.conflicts).toEqual([])
    expect(shownLines(merged.state, "lines").map(({ key }) => key)).toEqual(["l1", "l2", "l3"])
    expect(sent(merged.state)).toEqual({ lines: [{ id: "l1", quantity: 7 }] })
  })

  test("to one cell of a line are a question", () => {
    const mine = withValue(opened(), { list: "lines", line: "l1", field: "quantity" }, 7)
    const merged = mergeWith(mine, newer({ lines: [{ id: "l1", quantity: 9, price: "2.00" }, record.lines[1]] }), links)
    expect(merged.conflicts).toMatchObject([
      { list: "lines", line: "l1", field: "quantity", before: 1, mine: 7, theirs: 9 },
    ])
  })

  test("that are links are merged one by one", () => {
    const mine = withValue(opened(), { field: "tags" }, ["b", "mine"])
    const merged = mergeWith(mine, newer({ tags: ["a", "b", "theirs"] }), links)
    expect(merged.conflicts).toEqual([])
    expect(sent(merged.state)).toEqual({ tags: { $add: ["mine"], $remove: ["a"] } })
  })

  test("new lines of mine stay", () => {
    const merged = mergeWith(withNewLine(opened(), "lines", "new", { product: "p" }), newer({ note: "b" }), links)
    expect(sent(merged.state)).toEqual({ lines: [{ product: "p" }] })
  })
})

test("what was kept of a form makes the same form again: stored lines that nobody changed are read, not kept", () => {
  const edited = withNewLine(
    withValue(withoutLine(opened(), "lines", "l1"), { field: "note" }, "b"),
    "lines",
    "new-1",
    { quantity: 3 },
  )
  const kept = unsaved(edited)
  expect(kept.lines["lines"]?.map(({ key }) => key)).toEqual(["l1", "new-1"])
  expect(mergeWith(kept, record, links)).toMatchObject({ state: edited, conflicts: [] })
  expect(sent(mergeWith(kept, newer({ freight: "9.00" }), links).state)).toEqual(sent(edited))
})

describe("a line that one deleted", () => {
  test("and the other left alone is deleted", () => {
    expect(mergeWith(withoutLine(opened(), "lines", "l1"), newer({ note: "b" }), links).conflicts).toEqual([])
    const merged = mergeWith(opened(), newer({ lines: [record.lines[1]] }), links)
    expect(merged.conflicts).toEqual([])
    expect(shownLines(merged.state, "lines")).toHaveLength(1)
  })

  test("and they changed is a question", () => {
    const theirs = newer({ lines: [{ id: "l1", quantity: 9, price: "2.00" }, record.lines[1]] })
    const merged = mergeWith(withoutLine(opened(), "lines", "l1"), theirs, links)
    expect(merged.conflicts).toMatchObject([{ kind: "line", line: "l1", deletedBy: "me" }])
    const [conflict] = merged.conflicts as [Conflict]
    expect(sent(resolved(merged.state, conflict, "mine"))).toEqual({ lines: [{ id: "l1", $delete: true }] })
    expect(sent(resolved(merged.state, conflict, "theirs"))).toEqual({})
  })

  test("and I changed is a question; kept, it is made again of what a client may give", () => {
    const mine = withValue(opened(), { list: "lines", line: "l1", field: "quantity" }, 7)
    const merged = mergeWith(mine, newer({ lines: [record.lines[1]] }), links, { lines: ["quantity"] })
    expect(merged.conflicts).toMatchObject([{ kind: "line", line: "l1", deletedBy: "them" }])
    const [conflict] = merged.conflicts as [Conflict]
    expect(sent(resolved(merged.state, conflict, "mine"))).toEqual({ lines: [{ quantity: 7 }] })
    expect(sent(resolved(merged.state, conflict, "theirs"))).toEqual({})
  })
})
