import { expect, test } from "vitest"
import type { UiModel } from "../metadata/model.ts"
import { defaultOrder, groupOrder } from "./default-order.ts"

const field = (type: string, more: object = {}) => ({
  type,
  label: "",
  read: true,
  create: true,
  update: true,
  ...more,
})
const model = (fields: object) => ({ fields }) as unknown as UiModel
const createdAt = { createdAt: field("datetime") }

test.each([
  [
    "the day that each record has",
    { ...createdAt, due: field("date", { optional: true }), day: field("date") },
    ["-day", "-id"],
  ],
  ["when records were made, where they have no day", { ...createdAt, due: field("date", { optional: true }) }, ["-id"]],
  ["the service's order, where nothing tells the time", { name: field("text") }, []],
  ["no day that may not be read", { ...createdAt, day: field("date", { read: false }) }, ["-id"]],
])("lists begin by %s", (_, fields, order) => {
  expect(defaultOrder(model(fields))).toEqual(order)
})

const sums = new Map([["total", "sum0"]])
test.each([
  ["date:month", ["-date", "-id"], ["-date:month"]],
  ["date:month", ["date"], ["date:month"]],
  ["createdAt:year", ["-date"], ["-createdAt:year"]],
  ["status", ["-date"], ["status"]],
  ["status", ["-status"], ["-status"]],
  ["status", ["-total"], ["-sum0", "status"]],
  ["date:month", ["total"], ["sum0", "date:month"]],
])("groups by %s of a list by %s", (term, orderBy, order) => {
  expect(groupOrder(term, orderBy, sums)).toEqual(order)
})
