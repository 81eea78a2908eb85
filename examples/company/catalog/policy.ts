import { type Policy, type TestApp, type TestUser, userId } from "@archipel/server/test"

/** Who may do what with products. */
const clerk: TestUser = { roles: ["catalog.user"], id: userId("clara") }
const manager: TestUser = { roles: ["catalog.manager"], id: userId("martin") }
const personas = { clerk, manager, outsider: { roles: [] } } as const

const things = (model: "catalog.Category" | "catalog.Supplier"): Policy => ({
  model,
  personas,
  rows: { any: async (app) => (await app.db(model).create({ name: crypto.randomUUID() })).id },
  operations: { name: { update: () => ({ name: crypto.randomUUID() }) }, delete: "delete" },
  allowed: { clerk: { any: "read" }, manager: { any: "read name delete" }, outsider: { any: "" } },
  creates: { any: () => ({ name: crypto.randomUUID() }) },
  mayCreate: { clerk: "", manager: "any", outsider: "" },
})

const product =
  (discontinued: boolean) =>
  async (app: TestApp): Promise<string> =>
    (await app.db("catalog.Product").create({ name: "Tea", price: "12.00", stock: 10, onOrder: 5, discontinued })).id
const products: Policy = {
  model: "catalog.Product",
  personas,
  rows: { sold: product(false), discontinued: product(true) },
  operations: {
    price: { see: "price" },
    cost: { see: "cost" },
    stockValue: { see: "stockValue" },
    rename: { update: { name: "Green tea" } },
    delete: "delete",
    reserve: { do: "reserve", input: { quantity: 1 } },
    receive: { do: "receive", input: { quantity: 1 } },
  },
  allowed: {
    clerk: { sold: "read price reserve", discontinued: "read price" },
    manager: {
      sold: "read price cost stockValue rename delete reserve receive",
      discontinued: "read price cost stockValue rename delete receive",
    },
    outsider: { sold: "", discontinued: "" },
  },
  creates: { any: { name: "Coffee", price: "8.00" } },
  mayCreate: { clerk: "", manager: "any", outsider: "" },
}

export const policies: readonly Policy[] = [things("catalog.Category"), things("catalog.Supplier"), products]
