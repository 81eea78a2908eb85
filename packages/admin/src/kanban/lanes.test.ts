import { expect, test } from "vitest"
import type { UiField } from "../metadata/model.ts"
import { lanesOf, laneValue, laneWhere } from "./lanes.ts"
import type { BoardTexts } from "./text.ts"

const common = { label: "Seller", read: true, create: true, update: true }
const seller = { ...common, type: "one", to: "identity.User", display: "name", optional: true } as UiField
const t = {
  none: (label: string) => `Without ${label.toLowerCase()}`,
  unknown: "Not visible",
  away: "Service away",
} as BoardTexts
const about = { name: "seller", amount: undefined, language: "en" as const, t }

test("a board by references has the records that are referred to, by title, and those without one first", () => {
  const data = [
    { id: "", seller: { id: "u2", title: "Zoé" }, count: 3 },
    { id: "", seller: { id: "u1", title: "Éric" }, count: 2 },
    { id: "", seller: { id: "aaaa-00000003", title: null, _unavailable: true }, count: 1 },
    { id: "", seller: null, count: 4 },
  ]
  const lanes = lanesOf({ data }, { ...about, field: seller })
  expect(lanes.map(({ value, title, count }) => [value, title, count])).toEqual([
    [null, "Without seller", 4],
    ["aaaa-00000003", "00000003 · Service away", 1],
    ["u1", "Éric", 2],
    ["u2", "Zoé", 3],
  ])
  expect(new Set(lanes.map(({ key }) => key)).size).toBe(4)
})

test("a card can be taken to nobody though nobody's column is empty; where each has somebody there is none", () => {
  expect(lanesOf({ data: [] }, { ...about, field: seller }).map(({ value }) => value)).toEqual([null])
  expect(lanesOf({ data: [] }, { ...about, field: { ...seller, optional: false } as UiField })).toEqual([])
})

test("a board by states has all of them, in the contract's order", () => {
  const field = { ...common, type: "states", values: ["draft", "sent"], options: [] } as unknown as UiField
  const lanes = lanesOf({ data: [{ id: "", seller: "sent", count: 2 }] }, { ...about, field })
  expect(lanes.map(({ value, title, count }) => [value, title, count])).toEqual([
    ["draft", "Draft", 0],
    ["sent", "Sent", 2],
  ])
})

test("rows are in the column of their value, whatever it came as", () => {
  expect(laneValue({ id: "1", seller: { id: "u1", name: "Ada" } }, "seller")).toBe("u1")
  expect(laneValue({ id: "1", seller: "u1" }, "seller")).toBe("u1")
  expect(laneValue({ id: "1", seller: null }, "seller")).toBeNull()
  expect(laneWhere("seller", null)).toEqual({ seller: { isSet: false } })
})
