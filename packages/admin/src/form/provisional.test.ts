import { describe, expect, test } from "vitest"
import { newState, openedState, payloadOf, withNewLine, withValue } from "./form-state.ts"
import { expectedRecord, provisionalOf, shownValue } from "./provisional.ts"

const record = {
  id: "o1",
  version: 1,
  shipName: "A",
  total: "2.00",
  lines: [{ id: "l1", quantity: 1, subtotal: "2.00" }],
}

describe("what a form shows", () => {
  let state = openedState(record, ["lines"])
  state = withValue(state, { field: "shipName" }, "mine")
  state = withValue(state, { list: "lines", line: "l1", field: "quantity" }, 3)
  state = withNewLine(state, "lines", "new-1", { product: "p" })
  const { sentLines } = payloadOf(state, new Set(), true)
  const provisional = provisionalOf(
    {
      patch: {
        shipName: "suggested",
        total: "9.00",
        lines: [
          { id: "l1", subtotal: "6.00" },
          { $tmp: "new-1", price: "3.00", subtotal: "3.00" },
        ],
      },
      errors: [{ path: "/lines/1/quantity", code: "value.required" }],
      warnings: [{ path: "/lines/0", code: "line.below_cost" }],
      fields: {},
    },
    ["lines"],
    sentLines,
  )

  test("is what was typed before what would be suggested", () => {
    expect(shownValue(state, provisional, { field: "shipName" })).toEqual({ value: "mine", from: "edit" })
  })

  test("is what would be computed before what is stored, in lines too", () => {
    expect(shownValue(state, provisional, { field: "total" })).toEqual({ value: "9.00", from: "provisional" })
    expect(shownValue(state, provisional, { list: "lines", line: "l1", field: "subtotal" }).value).toBe("6.00")
    expect(shownValue(state, provisional, { list: "lines", line: "new-1", field: "price" }).value).toBe("3.00")
  })

  test("has mistakes and warnings at their lines", () => {
    expect(provisional.mistakes[0]?.place).toEqual({ list: "lines", line: "new-1", field: "quantity" })
    expect(provisional.warnings[0]?.place).toEqual({ list: "lines", line: "l1", field: "" })
  })

  test("is what is expected while it is saved", () => {
    expect(expectedRecord(state, provisional)).toEqual({
      id: "o1",
      version: 1,
      shipName: "mine",
      total: "9.00",
      lines: [
        { id: "l1", quantity: 3, subtotal: "6.00" },
        { id: "new-1", product: "p", price: "3.00", subtotal: "3.00" },
      ],
    })
  })
})

test("a new record shows what it would get", () => {
  const provisional = provisionalOf({ patch: { freight: "0.00" }, errors: [], warnings: [], fields: {} }, [], {})
  expect(shownValue(newState("n", []), provisional, { field: "freight" }).value).toBe("0.00")
})
