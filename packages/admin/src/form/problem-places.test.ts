import { expect, test } from "vitest"
import { inputId, placed, placeKey } from "./problem-places.ts"

const sent = { lines: ["l2", "new-1"] }
const place = (path: string) => placed({ path, code: "x" }, sent).place

test("mistakes find their fields and lines", () => {
  expect(place("/freight")).toEqual({ field: "freight" })
  expect(place("/lines/1/quantity")).toEqual({ list: "lines", line: "new-1", field: "quantity" })
  expect(place("/lines/0")).toEqual({ list: "lines", line: "l2", field: "" })
  expect(place("")).toBeUndefined()
})

test("what names no line that was sent is told of its list", () => {
  expect(place("/lines/7/quantity")).toEqual({ field: "lines" })
  expect(place("/territories/$add/0")).toEqual({ field: "territories" })
})

test("places have names of their own", () => {
  expect(placeKey({ field: "a" })).not.toBe(placeKey({ list: "lines", line: "l", field: "a" }))
  expect(inputId("f", { field: "a" })).not.toBe(inputId("q", { field: "a" }))
})
