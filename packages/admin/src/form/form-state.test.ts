import { describe, expect, test } from "vitest"
import {
  type FormState,
  isDirty,
  newState,
  openedState,
  payloadOf,
  sameJson,
  shownLines,
  withNewLine,
  withoutLine,
  withValue,
} from "./form-state.ts"

const record = {
  id: "o1",
  version: 3,
  note: "By noon",
  freight: "1.00",
  tags: ["a", "b"],
  lines: [
    { id: "l1", quantity: 1, price: "2.00" },
    { id: "l2", quantity: 2, price: "3.00" },
  ],
}
const links = new Set(["tags"])
const opened = (): FormState => openedState(record, ["lines"])
const values = (state: FormState): unknown => payloadOf(state, links).values

describe("what is sent", () => {
  test("nothing was changed, so there is nothing to send", () => {
    expect(values(opened())).toEqual({})
    expect(isDirty(opened())).toBe(false)
  })

  test("a field that was changed, and no other", () => {
    expect(values(withValue(opened(), { field: "note" }, "By one"))).toEqual({ note: "By one" })
  })

  test("what was changed back is not sent", () => {
    const changed = withValue(opened(), { field: "note" }, "By one")
    const back = withValue(changed, { field: "note" }, "By noon")
    expect(values(back)).toEqual({})
    expect(isDirty(back)).toBe(false)
  })

  test("an emptied field is null, an unnamed one is left to the service", () => {
    const emptied = withValue(opened(), { field: "note" }, null)
    expect(values(emptied)).toEqual({ note: null })
    expect(values(withValue(emptied, { field: "note" }, undefined))).toEqual({})
  })

  test("lines that were added, changed and deleted, each by its name, and no other", () => {
    let state = withValue(opened(), { list: "lines", line: "l2", field: "quantity" }, 5)
    state = withoutLine(state, "lines", "l1")
    state = withNewLine(state, "lines", "new-1", { product: "p1" })
    state = withNewLine(state, "lines", "new-2")
    const sent = [{ id: "l1", $delete: true }, { id: "l2", quantity: 5 }, { product: "p1" }]
    expect(payloadOf(state, links)).toEqual({ values: { lines: sent }, sentLines: { lines: ["l1", "l2", "new-1"] } })
    expect(payloadOf(state, links, true).values["lines"]).toContainEqual({ $tmp: "new-1", product: "p1" })
    expect(shownLines(state, "lines").map(({ key }) => key)).toEqual(["l2", "new-1", "new-2"])
  })

  test("a new line that is deleted again leaves no trace", () => {
    const state = withNewLine(opened(), "lines", "new-1", { product: "p1" })
    expect(values(withoutLine(state, "lines", "new-1"))).toEqual({})
  })

  test("links as what was added and removed; of a new record all of them", () => {
    expect(values(withValue(opened(), { field: "tags" }, ["b", "c"]))).toEqual({
      tags: { $add: ["c"], $remove: ["a"] },
    })
    expect(values(withValue(newState("n", []), { field: "tags" }, ["c"]))).toEqual({ tags: ["c"] })
  })

  test("what a new record was opened with is sent", () => {
    expect(values(newState("n", ["lines"], { customer: "c1" }))).toEqual({ customer: "c1" })
  })
})

test("JSON values are the same whatever the order of their members", () => {
  expect(sameJson({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 })).toBe(true)
  expect(sameJson({ a: 1 }, { a: 1, b: undefined })).toBe(false)
  expect(sameJson([1], { 0: 1 })).toBe(false)
  expect(sameJson(null, {})).toBe(false)
})
