import { expect, test } from "vitest"
import type { UiModel } from "../metadata/model.ts"
import { boardFields, moveOf } from "./board-field.ts"

const common = { label: "", read: true, create: true, update: true }
const model = {
  rights: { read: true, create: true, update: true, delete: true },
  fields: {
    customer: { ...common, type: "one", to: "crm.Customer" },
    seller: { ...common, type: "one", to: "identity.User", optional: true },
    note: { ...common, type: "text" },
    kind: { ...common, type: "choice", values: ["a", "b"] },
    status: { ...common, type: "states", values: ["draft", "sent", "closed"], update: false },
    createdBy: { ...common, type: "one", to: "identity.User" },
    hidden: { ...common, type: "choice", values: ["a"], read: false },
  },
  transitions: {
    send: { field: "status", from: ["draft"], to: "sent", label: "Send", input: {} },
    close: { field: "status", from: ["sent"], to: "closed", label: "Close", input: { why: { required: true } } },
  },
} as unknown as UiModel

test("a board has columns by states, by choices, or by what records refer to, in this order", () => {
  expect(boardFields(model)).toEqual(["status", "kind", "customer", "seller"])
})

test.each([
  ["status", "draft", "sent", { kind: "transition", name: "send", label: "Send" }],
  ["status", "draft", "closed", undefined],
  // It asks for something first.
  ["status", "sent", "closed", undefined],
  ["kind", "a", "b", { kind: "update" }],
  ["customer", "c1", "c2", { kind: "update" }],
  ["customer", "c1", null, undefined],
  ["seller", "u1", null, { kind: "update" }],
  ["seller", null, "u1", { kind: "update" }],
  ["seller", "u1", "u1", undefined],
])("a card on the board by %s from %s to %s", (field, from, to, move) => {
  expect(moveOf(model, field, from, to)).toEqual(move)
})

test("who may not change the field moves no card", () => {
  const locked = { ...model, rights: { ...model.rights, update: false } }
  expect(moveOf(locked, "customer", "c1", "c2")).toBeUndefined()
})
