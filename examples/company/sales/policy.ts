import { type Policy, type TestApp, type TestUser, testId, userId } from "@archipel/server/test"

/** Who may do what with orders: held against the running service, and against what would become of it without each of its rules. */
const clerk: TestUser = { roles: ["sales.user", "identity.reader"], id: userId("clara") }
const manager: TestUser = { roles: ["sales.manager", "identity.reader"], id: userId("martin") }
const personas = { clerk, manager, outsider: { roles: [] } } as const

const acme = testId<"crm.Customer">("acme")
const tea = testId<"catalog.Product">("tea")

/** What is in the neighbours' place. */
export const fake = {
  "crm.Customer": [{ id: acme, name: "Acme", address: "Main Street 1", discount: "0.1000", country: null }],
  "catalog.Product": [{ id: tea, name: "Tea", price: "12.00", cost: "5.00", discontinued: false }],
} as const

const lines = [{ product: tea, quantity: 2 }]
const order =
  (salesperson: string | null, ...transitions: readonly "confirm"[]) =>
  async (app: TestApp): Promise<string> => {
    const shipper = (await app.db("sales.Shipper").create({ name: "Post" })).id
    const { id } = await app.db("sales.Order").create({ customer: acme, salesperson, lines, shipper })
    for (const transition of transitions) await app.db("sales.Order").do(transition, id)
    return id
  }
const own = userId("clara")
const foreign = userId("alice")

async function lineOf(app: TestApp, order: string): Promise<string> {
  const found = await app.db("sales.OrderLine").find({ select: ["id"], where: { order } })
  return found[0]?.id as string
}
const changingLine = (values: object) => async (app: TestApp, id: string) => ({
  lines: [{ id: await lineOf(app, id), ...values }],
})

const shippers: Policy = {
  model: "sales.Shipper",
  personas,
  rows: { any: async (app) => (await app.db("sales.Shipper").create({ name: "Post" })).id },
  operations: { name: { update: { name: "Mail" } }, delete: "delete" },
  allowed: { clerk: { any: "read" }, manager: { any: "read name delete" }, outsider: { any: "" } },
  creates: { any: { name: "Post" } },
  mayCreate: { clerk: "", manager: "any", outsider: "" },
}

const drafts: Policy = {
  model: "sales.Order",
  personas,
  rows: { own: order(own), free: order(null), foreign: order(foreign) },
  operations: {
    total: { see: "total" },
    margin: { see: "margin" },
    cost: { see: "cost" },
    note: { update: { note: "Ring twice." } },
    give: { update: { salesperson: foreign } },
    addLine: { update: { lines } },
    changeLine: { update: changingLine({ quantity: 3 }) },
    removeLine: { update: changingLine({ $delete: true }) },
    priceLine: { update: changingLine({ unitCost: "1.00" }) },
    addPricedLine: { update: { lines: [{ ...lines[0], unitCost: "1.00" }] } },
    delete: "delete",
    confirm: { do: "confirm" },
    cancel: { do: "cancel" },
  },
  allowed: {
    clerk: {
      own: "read total note addLine changeLine removeLine delete confirm",
      free: "read total note addLine changeLine removeLine confirm",
      foreign: "",
    },
    manager: {
      own: "read total margin cost note give addLine changeLine removeLine priceLine addPricedLine delete confirm cancel",
      free: "read total margin cost note give addLine changeLine removeLine priceLine addPricedLine delete confirm cancel",
      foreign:
        "read total margin cost note give addLine changeLine removeLine priceLine addPricedLine delete confirm cancel",
    },
    outsider: { own: "", free: "", foreign: "" },
  },
  creates: {
    own: { customer: acme, salesperson: own, lines },
    free: { customer: acme, salesperson: null },
    foreign: { customer: acme, salesperson: foreign },
    cost: { customer: acme, lines: [{ ...lines[0], unitCost: "1.00" }] },
  },
  mayCreate: { clerk: "own free", manager: "own free foreign cost", outsider: "" },
}

const confirmed: Policy = {
  model: "sales.Order",
  personas,
  rows: { own: order(own, "confirm"), foreign: order(foreign, "confirm") },
  operations: { ship: { do: "ship" }, reopen: { do: "reopen" }, delete: "delete" },
  allowed: {
    clerk: { own: "read reopen", foreign: "" },
    manager: { own: "read ship reopen delete", foreign: "read ship reopen delete" },
    outsider: { own: "", foreign: "" },
  },
}

const orderLines: Policy = {
  model: "sales.OrderLine",
  personas,
  rows: {
    own: async (app) => lineOf(app, await order(own)(app)),
    foreign: async (app) => lineOf(app, await order(foreign)(app)),
  },
  operations: { price: { see: "price" }, unitCost: { see: "unitCost" }, cost: { see: "cost" } },
  allowed: {
    clerk: { own: "read price", foreign: "" },
    manager: { own: "read price unitCost cost", foreign: "read price unitCost cost" },
    outsider: { own: "", foreign: "" },
  },
}

export const policies: readonly Policy[] = [shippers, drafts, confirmed, orderLines]
