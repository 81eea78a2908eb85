import { describe, expect, test } from "vitest"
import { openedState } from "./form-state.ts"
import { FormStore } from "./form-store.ts"
import type { FormModel } from "./form-model.ts"
import { lineNotes, mistakeAt } from "./mistakes.ts"
import { nothingProvisional } from "./provisional.ts"

const state = openedState(
  {
    id: "o1",
    version: 1,
    note: null,
    lines: [
      { id: "l1", quantity: 1 },
      { id: "l2", quantity: 2 },
    ],
  },
  ["lines"],
)
const form = (): FormStore => new FormStore({} as FormModel, state)
const quantity = { list: "lines", line: "l1", field: "quantity" }
const missing = { path: "/note", code: "value.required", place: { field: "note" } }
const small = { path: "/lines/0/quantity", code: "value.too_small", place: quantity }

describe("what a form tells", () => {
  test("what is missing once a save was tried; what is wrong once somebody was there", () => {
    const store = form()
    store.show({ provisional: { ...nothingProvisional, mistakes: [missing, small] } })
    expect(mistakeAt(store.view, { field: "note" })).toBeUndefined()
    expect(mistakeAt(store.view, quantity)).toBeUndefined()
    store.touch({ field: "note" })
    store.touch(quantity)
    expect(mistakeAt(store.view, { field: "note" })).toBeUndefined()
    expect(mistakeAt(store.view, quantity)).toBe(small)
    store.show({ wasTried: true })
    expect(mistakeAt(store.view, { field: "note" })).toBe(missing)
  })

  test("a typed text before what was refused, and that before what would be", () => {
    const store = form()
    const refused = { ...small, code: "order.locked" }
    store.show({ provisional: { ...nothingProvisional, mistakes: [small] }, wasTried: true, refused: [refused] })
    expect(mistakeAt(store.view, quantity)).toBe(refused)
    store.setUnsettled({ place: quantity, text: "many", mistake: { code: "value.type", detail: "must be a number." } })
    expect(mistakeAt(store.view, quantity)?.code).toBe("value.type")
    store.set(quantity, 3)
    expect(mistakeAt(store.view, quantity)).toBe(small)
  })

  test("of a line its texts, mistakes and warning, and nothing of the others", () => {
    const store = form()
    const whole = { path: "/lines/0", code: "line.sold_out", place: { ...quantity, field: "" } }
    const warning = { path: "/lines/0", code: "line.rare", place: { ...quantity, field: "" } }
    store.show({ refused: [whole], provisional: { ...nothingProvisional, warnings: [warning] } })
    store.setUnsettled({ place: quantity, text: "ma", mistake: undefined })
    const notes = lineNotes(store.view, "l1")
    expect(notes?.typed.get("quantity")).toBe("ma")
    expect(notes?.mistakes.get("")).toBe(whole)
    expect(notes?.warning).toBe(warning)
    expect(lineNotes(store.view, "l2")).toBeUndefined()
  })

  test("stays the same object while values change, whatever other forms are open", () => {
    const [store, other] = [form(), form()]
    for (const each of [store, other]) each.setUnsettled({ place: quantity, text: "ma", mistake: undefined })
    const notes = lineNotes(store.view, "l1")
    expect(lineNotes(other.view, "l1")).toEqual(notes)
    store.set({ field: "note" }, "a")
    expect(lineNotes(store.view, "l1")).toBe(notes)
    store.setUnsettled({ place: quantity, text: "man", mistake: undefined })
    expect(lineNotes(store.view, "l1")).not.toBe(notes)
  })
})
