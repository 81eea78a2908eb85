import { expect, test } from "vitest"
import type { ColumnMember } from "./catalog.ts"
import type { FieldDefinition } from "./definition.ts"
import { parseOperand, parseValue } from "./values.ts"

const field = (type: FieldDefinition["type"], more: Partial<FieldDefinition> = {}) =>
  ({ kind: "field", name: "f", columnName: "f", type, writtenBy: "client", ...more }) as ColumnMember
const reference = { kind: "one", name: "r", to: "x.Y" } as ColumnMember

const id = "0199A1B2-0000-7000-8000-000000000001"

test.each<[ColumnMember, unknown, unknown]>([
  [field("text", { maxLength: 3 }), "añ😀", "añ😀"],
  [field("integer"), -0, 0],
  [field("integer"), 2_147_483_647, 2_147_483_647],
  [field("bigint"), "-9223372036854775808", "-9223372036854775808"],
  [field("bigint"), 7, "7"],
  [field("bigint"), "007", "7"],
  [field("decimal", { scale: 2, precision: 5 }), "1.005", "1.01"],
  [field("decimal", { scale: 2, precision: 5 }), "-1.005", "-1.01"],
  [field("decimal", { scale: 2, precision: 5 }), "-0.001", "0.00"],
  [field("decimal", { scale: 2, precision: 5 }), 12, "12.00"],
  [field("money", { scale: 0, precision: 20 }), "12.5", "13"],
  [field("date"), "2024-02-29", "2024-02-29"],
  [field("datetime"), "2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000Z"],
  [field("datetime"), "2026-02-28T23:59:59.999Z", "2026-02-28T23:59:59.999Z"],
  [field("datetime"), "2024-02-29T00:00:00.000Z", "2024-02-29T00:00:00.000Z"],
  [field("datetime"), "2026-01-31T12:00Z", "2026-01-31T12:00:00.000Z"],
  [field("datetime"), "2026-01-31t12:00:00.1239-00:30", "2026-01-31T12:30:00.123Z"],
  [field("uuid"), id, id.toLowerCase()],
  [reference, id, id.toLowerCase()],
  [field("choice", { values: ["a", "b"] }), "b", "b"],
  [field("json"), { a: [1, null, { b: "c" }] }, { a: [1, null, { b: "c" }] }],
  [field("url", { maxLength: 2000 }), "https://example.org/a?b=c", "https://example.org/a?b=c"],
  [field("email", { maxLength: 254 }), "a@b", "a@b"],
  [
    field("image"),
    { id, name: "a.png", type: "image/png", sizeBytes: 3 },
    { id: id.toLowerCase(), name: "a.png", type: "image/png", sizeBytes: 3 },
  ],
])("%o takes %o as %o", (member, value, canonical) => {
  expect(parseValue(member, value)).toEqual({ ok: true, value: canonical })
})

test.each<[ColumnMember, unknown, string]>([
  [field("text", { maxLength: 3 }), "four", "value.too_long"],
  [field("text"), 5, "value.type"],
  [field("text"), "a\0b", "value.character"],
  [field("text"), "\ud800", "value.character"],
  [field("integer"), 1.5, "value.type"],
  [field("integer"), "1", "value.type"],
  [field("integer"), 2_147_483_648, "value.too_large"],
  [field("integer", { min: 1 }), 0, "value.too_small"],
  [field("bigint"), "9223372036854775808", "value.too_large"],
  [field("bigint"), 2 ** 53, "value.type"],
  [field("decimal"), 0.1, "value.type"],
  [field("decimal"), "1e5", "value.type"],
  [field("decimal", { scale: 2, precision: 5 }), "999.995", "value.too_large"],
  [field("decimal", { max: "10" }), "10.01", "value.too_large"],
  [field("date"), "2023-02-29", "value.format"],
  [field("date"), "0000-01-01", "value.format"],
  [field("datetime"), "2026-01-31T12:00:00", "value.format"],
  [field("datetime"), "2026-01-31T24:00:00Z", "value.format"],
  [field("datetime"), "2026-01-28T24:00:00.000Z", "value.format"],
  [field("datetime"), "2026-02-29T12:00:00.000Z", "value.format"],
  [field("datetime"), "0000-01-01T00:00:00.000Z", "value.format"],
  [field("datetime"), "0001-01-01T00:00:00+01:00", "value.format"],
  [field("datetime"), "9999-12-31T23:59:59-01:00", "value.format"],
  [field("uuid"), "0199", "value.format"],
  [reference, null, "value.type"],
  [field("choice", { values: ["a"] }), "toString", "value.choice"],
  [field("json"), { "a\0": 1 }, "value.character"],
  [field("json"), undefined, "value.type"],
  [field("url"), "javascript:alert(1)", "value.format"],
  [field("email"), "a b@c", "value.format"],
  [field("phone"), "+", "value.format"],
  [field("file"), { id, name: "a", type: "text", sizeBytes: 1 }, "value.type"],
])("%o refuses %o: %s", (member, value, code) => {
  expect(parseValue(member, value)).toMatchObject({ ok: false, code })
})

test("an operand is of the type, but not within the limits, and is not rounded", () => {
  expect(parseOperand(field("decimal", { scale: 2, min: "0" }), "-0.005")).toEqual({ ok: true, value: "-0.005" })
  expect(parseOperand(field("integer"), "12")).toEqual({ ok: true, value: 12 })
  expect(parseOperand(field("bool"), "false")).toEqual({ ok: true, value: false })
  expect(parseOperand(field("states", { values: ["open"] }), "closed")).toMatchObject({
    ok: false,
    code: "value.choice",
  })
  expect(parseOperand(field("text", { maxLength: 1 }), "long")).toEqual({ ok: true, value: "long" })
})

test("a value that is nested too deep is refused, not followed", () => {
  let value: unknown = 1
  for (let i = 0; i < 200; i++) value = [value]
  expect(parseValue(field("json"), value)).toMatchObject({ ok: false, code: "value.too_large" })
})
