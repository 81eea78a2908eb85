import { expect, test } from "vitest"
import type { UiField } from "../metadata/model.ts"
import { type Facet, operatorsOf, readFacet, writeFacet } from "./facets.ts"

const common = { label: "Field", read: true, create: true, update: true }
const fields: Readonly<Record<string, UiField>> = {
  name: { ...common, type: "text" },
  total: { ...common, type: "money", currency: "EUR" },
  count: { ...common, type: "integer", optional: true },
  status: { ...common, type: "states", values: ["draft", "done"] },
  date: { ...common, type: "date", optional: true },
  at: { ...common, type: "datetime", optional: true },
  paid: { ...common, type: "bool" },
  customer: { ...common, type: "one", to: "crm.Customer", collection: "/api/crm/customers" },
  owner: { ...common, type: "one", to: "identity.User", collection: "/api/identity/users", optional: true },
  "customer.name": { ...common, type: "text" },
  lines: { ...common, type: "many", to: "sales.Line", collection: "/api/sales/lines" },
}
const at = (path: string): UiField | undefined => fields[path]
const samples: Readonly<Record<string, readonly string[]>> = {
  text: ["alp"],
  money: ["12.50"],
  integer: ["3"],
  states: ["draft", "done"],
  date: ["2026-01-31"],
  datetime: ["2026-01-31"],
  one: ["0190"],
}

test("every facet that can be built is read back from the address as it was", () => {
  for (const [path, field] of Object.entries(fields)) {
    for (const operator of operatorsOf(field)) {
      const sample = samples[field.type] ?? []
      const values = operator === "within" ? ["month"] : operator === "in" ? sample : sample.slice(0, 1)
      const needed = ["isSet", "isEmpty", "me", "some", "none", "yes", "no"].includes(operator) ? [] : values
      const facet: Facet = { path, operator, values: needed }
      const back = readFacet(writeFacet(facet, field), at)
      // A reference or state that "is" one value is one of one.
      expect(back, `${path} ${operator}`).toEqual(facet)
    }
  }
})

test("a field that is always there is not asked whether it is empty", () => {
  expect(operatorsOf(fields["status"] as UiField)).toEqual(["in", "not"])
  expect(operatorsOf(fields["date"] as UiField)).toContain("isEmpty")
})

test("only users are asked whether they are who asks", () => {
  expect(operatorsOf(fields["owner"] as UiField)).toContain("me")
  expect(operatorsOf(fields["customer"] as UiField)).not.toContain("me")
})

test("a condition that says more than a builder can is left alone", () => {
  expect(readFacet({ or: [{ name: "a" }, { name: "b" }] } as never, at)).toBeUndefined()
  expect(readFacet({ total: { gte: "1", lte: "2" } } as never, at)).toBeUndefined()
})
