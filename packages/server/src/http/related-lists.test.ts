import { describe, expect, test } from "vitest"
import { type IndexedModel, type IndexedReference, relatedLists, type ServiceIndex } from "./related-lists.ts"

const model = (
  name: string,
  references?: readonly IndexedReference[],
  rest: Partial<IndexedModel> = {},
): IndexedModel => {
  const [service, local] = name.split(".") as [string, string]
  return {
    name,
    title: local,
    plural: `${local}s`,
    collection: `/api/${service}/${local.toLowerCase()}s`,
    lines: false,
    read: true,
    ...(references === undefined ? {} : { references }),
    ...rest,
  }
}
const index = (service: string, ...models: readonly IndexedModel[]): ServiceIndex => ({
  contract: 1,
  service,
  title: service,
  models,
})
const to = (target: string, field: string, label = field): IndexedReference => ({ field, to: target, label })
const named = (...indexes: readonly ServiceIndex[]) =>
  Object.fromEntries(
    Object.entries(relatedLists(indexes)).map(([target, lists]) => [
      target,
      lists.map((list) => `${list.model}.${list.field}`),
    ]),
  )

describe("related lists", () => {
  test("are what refers to a model, of its own service and of others", () => {
    const crm = index("crm", model("crm.Customer", [to("crm.Customer", "parent", "Head office")]))
    const sales = index("sales", model("sales.Order", [to("crm.Customer", "customer", "Customer")]))
    expect(relatedLists([crm, sales])).toEqual({
      "crm.Customer": [
        {
          service: "crm",
          model: "crm.Customer",
          collection: "/api/crm/customers",
          field: "parent",
          label: "Head office",
          title: "Customer",
          plural: "Customers",
        },
        {
          service: "sales",
          model: "sales.Order",
          collection: "/api/sales/orders",
          field: "customer",
          label: "Customer",
          title: "Order",
          plural: "Orders",
        },
      ],
    })
  })

  test("are ordered as services, models and fields are, targets too", () => {
    const one = index("a", model("a.Z"), model("a.B", [to("b.Y", "second"), to("a.Z", "x"), to("b.Y", "first")]))
    const other = index("b", model("b.Y"), model("b.A", [to("b.Y", "own"), to("a.Z", "other")]))
    const found = named(one, other)
    expect(Object.entries(found)).toEqual([
      ["a.Z", ["a.B.x", "b.A.other"]],
      ["b.Y", ["a.B.second", "a.B.first", "b.A.own"]],
    ])
  })

  test("name no model that is in no index, or cannot be read", () => {
    const crm = index("crm", model("crm.Customer", undefined, { read: false }))
    const sales = index(
      "sales",
      model("sales.Order", [to("crm.Customer", "customer"), to("crm.Hidden", "hidden"), to("sales.Order", "next")]),
      model("sales.Draft", [to("sales.Order", "order")], { read: false }),
    )
    expect(named(crm, sales)).toEqual({ "sales.Order": ["sales.Order.next"] })
    expect(relatedLists([])).toEqual({})
  })

  test("are not of models that a service says of another", () => {
    const crm = index("crm", model("crm.Customer"))
    const other = index(
      "other",
      model("crm.Secret", [to("crm.Customer", "a")]),
      model("other.Thing", [to("crm.Customer", "b")], { collection: "/api/crm/things" }),
      model("other.Real", [to("crm.Customer", "c")]),
    )
    expect(named(crm, other)).toEqual({ "crm.Customer": ["other.Real.c"] })
  })
})
