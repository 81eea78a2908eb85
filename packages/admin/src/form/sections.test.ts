import { expect, test } from "vitest"
import type { UiField, UiModel } from "../metadata/model.ts"
import { layoutOf } from "./sections.ts"

const field = (type: UiField["type"], label: string, more: object = {}): UiField =>
  ({ type, label, read: true, create: true, update: true, ...more }) as UiField

const model = (fields: Record<string, UiField>, more: Partial<UiModel> = {}): UiModel => ({
  contract: 1,
  name: "sales.Order",
  title: "Order",
  plural: "Orders",
  collection: "/api/sales/orders",
  archive: false,
  rights: { read: true, create: true, update: true, delete: true },
  fields,
  transitions: {},
  actions: {},
  ...more,
})

test("an order: what comes first, what belongs together, what is long, what follows from the lines", () => {
  const made = { create: false, update: false, writtenBy: "compute" }
  const layout = layoutOf(
    model(
      {
        id: field("uuid", "Id"),
        number: field("sequence", "Number", { create: false, update: false }),
        customer: field("one", "Customer"),
        shipper: field("one", "Shipper"),
        shipName: field("text", "Ship name"),
        shipCity: field("text", "Ship city"),
        shipPostalCode: field("text", "Ship postal code"),
        reference: field("text", "Reference"),
        note: field("longText", "Note"),
        status: field("states", "Status"),
        lines: field("many", "Lines", { owned: true }),
        total: field("money", "Total", made),
        createdAt: field("datetime", "Created at"),
      },
      { display: "number" },
    ),
  )
  expect(layout.sections.map(({ title, fields }) => [title, fields.map(({ label }) => label)])).toEqual([
    [undefined, ["Customer", "Shipper", "Reference"]],
    ["Ship", ["Name", "City", "Postal code"]],
  ])
  expect(layout.wide.map(({ name }) => name)).toEqual(["note"])
  expect(layout.totals.map(({ name }) => name)).toEqual(["total"])
  expect(layout.state).toBe("status")
  expect(layout.title).toBeUndefined()
})

test("a name that people give is a field, and computed values without lines are among the others", () => {
  const layout = layoutOf(
    model(
      {
        name: field("text", "Name"),
        age: field("integer", "Age", { writtenBy: "compute" }),
        secret: field("text", "S", { read: false, create: false, update: false }),
      },
      { display: "name" },
    ),
  )
  expect(layout.title).toBe("name")
  expect(layout.sections[0]?.fields.map(({ name }) => name)).toEqual(["name", "age"])
})

test("a form as its service says it, and after it what the service does not name", () => {
  const views = {
    form: {
      sections: [
        { title: "Who", fields: ["email", "nosuch"] },
        { title: "Nothing", fields: ["nosuch"] },
      ],
    },
  }
  const layout = layoutOf(
    model({ name: field("text", "Name"), email: field("email", "E-mail"), note: field("longText", "Note") }, { views }),
  )
  expect(layout.sections.map(({ title, fields }) => [title, fields.map(({ name }) => name)])).toEqual([
    ["Who", ["email"]],
    [undefined, ["name"]],
  ])
  expect(layout.wide.map(({ name }) => name)).toEqual(["note"])
})

test("lines are where their service says, and what follows from them beneath the last", () => {
  const fields = {
    name: field("text", "Name"),
    lines: field("many", "Lines", { owned: true }),
    parts: field("many", "Parts", { owned: true }),
    total: field("money", "Total", { writtenBy: "compute", update: false }),
    note: field("text", "Note"),
  }
  const sections = (named: readonly string[]) => ({ form: { sections: [{ fields: named }, { fields: ["note"] }] } })
  const told = (named: readonly string[]) => {
    const layout = layoutOf(model(fields, { views: sections(named) }))
    return [...layout.sections, layout].map(({ lines: names, totals }) => [names, totals.map(({ name }) => name)])
  }
  expect(told(["name", "lines", "parts"])).toEqual([
    [["lines", "parts"], ["total"]],
    [[], []],
    [[], []],
  ])
  expect(told(["name", "lines"])).toEqual([
    [["lines"], []],
    [[], []],
    [["parts"], ["total"]],
  ])
  expect(told(["name"])).toEqual([
    [[], []],
    [[], []],
    [["lines", "parts"], ["total"]],
  ])
})
