import type { FoundColumn } from "@archipel/data"
import { expect, test } from "vitest"
import { rulesOf } from "./checks.ts"
import { defaultOf, fieldOf } from "./column-field.ts"
import { memberNames, pascalCase, referenceWords, singular, wordsOf } from "./names.ts"
import { quoted } from "./quoted.ts"

test.each([
  ["order_details", "OrderDetail"],
  ["Addresses", "Address"],
  ["categories", "Category"],
  ["statuses", "Status"],
  ["status", "Status"],
  ["shelves", "Shelf"],
  ["houses", "House"],
  ["ORDER_NO", "OrderNo"],
  ["Unit Price", "UnitPrice"],
  ["Größen", "Grossen"],
  ["people", "Person"],
  ["2fa_codes", "N2faCode"],
])("a table %j is a model %s", (table, model) => {
  expect(pascalCase(singular(wordsOf(table)))).toBe(model)
})

test.each([
  ["customer_id", "customer"],
  ["CustomerCode", "customer"],
  ["reports_to", "reports_to"],
  ["id", "id"],
])("a reference in %j is called %s", (column, words) => {
  expect(referenceWords(column)).toBe(words)
})

test("names are given out once, and never to words of the query language", () => {
  const names = memberNames()
  expect(names.take("group", "orderGroup")).toBe("orderGroup")
  expect(names.take("name")).toBe("name")
  expect(names.take("name")).toBe("name2")
})

test.each([
  ["CHECK ((quantity > 0))", [{ kind: "range", min: "1" }]],
  [
    "CHECK (((a >= 0) AND (a <= 100)))",
    [
      { kind: "range", min: "0" },
      { kind: "range", max: "100" },
    ],
  ],
  [
    "CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b''c'::character varying])::text[])))",
    [{ kind: "values", values: ["a", "b'c"] }],
  ],
  ["CHECK ((s = ANY ('{a,\"b, \\\\\\\"c\",d''e}'::text[])))", [{ kind: "values", values: ["a", 'b, \\"c', "d'e"] }]],
  ["CHECK ((char_length((name)::text) <= 30))", [{ kind: "length", max: 30 }]],
  ["CHECK ((VALUE ~ '^x'::text))", undefined],
  ["CHECK ((a > b))", undefined],
])("%s", (definition, rules) => {
  expect(rulesOf(definition, true)).toEqual(rules)
})

const column = (type: string, rest: Partial<FoundColumn> = {}): FoundColumn => ({
  name: "c",
  type,
  kind: "b",
  values: null,
  domain: null,
  domainChecks: [],
  nullable: false,
  default: null,
  identity: "",
  generated: false,
  comment: null,
  ...rest,
})

test.each([
  ["numeric(12,2)", "decimal({ precision: 12, scale: 2 })", undefined],
  ["numeric(8,0)", "integer()", "numeric(8,0)"],
  ["real", "decimal()", "real"],
  ["character varying(40)", "text({ maxLength: 40 })", undefined],
  ["character(4)", "text({ maxLength: 4 })", "character(4)"],
  ["timestamp without time zone", "datetime()", "timestamp without time zone"],
  ["timestamp(3) with time zone", "datetime()", undefined],
  ["integer[]", "json()", "integer[]"],
  ["inet", "text()", "inet"],
])("a column of type %s is %s", (type, code, columnType) => {
  const field = fieldOf(column(type), [], {}, { isKey: false })
  expect("builder" in field && [`${field.builder}(${field.given})`, field.columnType]).toEqual([code, columnType])
})

test("a type that no field has is said to be one", () => {
  expect(fieldOf(column("bytea"), [], {}, { isKey: false })).toEqual({ unsupported: "bytea: bytes belong into files" })
  expect(fieldOf(column("geometry"), [], {}, { isKey: false })).toEqual({ unsupported: "the type geometry" })
})

test.each([
  ["'draft'::text", "text", '"draft"'],
  ["'it''s \"so\"'::text", "text", '"it\'s \\"so\\""'],
  ["5", "integer", "5"],
  ["'-1'::integer", "integer", "-1"],
  ["0.5", "decimal", '"0.5"'],
  ["now()", "datetime", '"now"'],
  ["CURRENT_DATE", "date", '"today"'],
  ["gen_random_uuid()", "uuid", undefined],
])("the default %s of %s is %s", (expression, builder, code) => {
  expect(defaultOf(expression, { builder, given: "" })).toBe(code)
})

test("texts are quoted as formatters have it", () => {
  expect(quoted('a "b"')).toBe("'a \"b\"'")
  expect(quoted("it's")).toBe('"it\'s"')
})
