/**
 * A small company for the tests of writes: orders with lines, customers whose sums follow, and a neighbour with products.
 *
 * @module
 */
import {
  action,
  authoriseChange,
  bool,
  type Change,
  choice,
  contract,
  date,
  datetime,
  decimal,
  identity,
  integer,
  logic,
  many,
  manyToMany,
  me,
  minus,
  model,
  money,
  one,
  type Principal,
  refuse,
  type ResolvedModel,
  resolveCatalog,
  resolveService,
  rightsOf,
  sequence,
  states,
  text,
  times,
} from "@archipel/core"
import {
  applyAdditive,
  createReader,
  createWriter,
  type Database,
  openDatabase,
  type Writer,
  type WriteOptions,
  type RemoteReader,
} from "@archipel/data"
import { testDatabase } from "../../../../tests/support/database.ts"

const stock = contract("stock", {
  roles: ["user"],
  models: { Product: model({ name: text(), price: money(), active: bool().default(true) }) },
})

const shop = contract("shop", {
  roles: ["clerk", "manager", "guest", "intern"],
  models: {
    Customer: model(
      {
        name: text(),
        code: text().unique(),
        owner: one("identity.User").optional().default("me") as never,
        secret: text().optional(),
        discount: decimal({ scale: 4 }).default("0"),
        orders: many("shop.Order", "customer"),
        revenue: money().computed(),
        orderCount: integer().computed(),
        level: choice("small", "large").computed(),
      },
      { actions: { promote: action() }, archive: true, checks: { "customer.discount": { discount: { lte: "1" } } } },
    ),
    Order: model(
      {
        number: sequence("SO-{yyyy}-{0000}"),
        invoice: sequence("INV-{000}", { gapless: true, assignedOn: "confirm" }),
        customer: one("shop.Customer").tracked(),
        date: date().default("today"),
        note: text().optional(),
        approver: one("identity.User").optional(),
        shippedOn: datetime().optional(),
        carrier: text().optional(),
        status: states(["draft", "confirmed", "shipped", "cancelled"], {
          confirm: { from: ["draft"], to: "confirmed" },
          ship: { from: ["confirmed"], to: "shipped", input: { carrier: text() }, event: "sent" },
          cancel: { from: ["draft", "confirmed"], to: "cancelled" },
        }),
        lines: many("shop.OrderLine", "order").owned(),
        tags: manyToMany("shop.Tag"),
        total: money().computed(),
        taxed: money().computed(),
        biggest: money().optional().computed(),
        lineCount: integer().computed(),
      },
      {
        actions: {
          double: action({ line: text().optional() }, { total: money() }),
          broken: action({}, { total: money() }),
        },
      },
    ),
    OrderLine: model({
      order: one("shop.Order"),
      product: one("stock.Product").optional(),
      label: text().optional(),
      quantity: integer().default(1),
      price: money().suggested(),
      discount: decimal({ scale: 4 }).suggested(),
      subtotal: money().computed(),
    }),
    Tag: model({
      name: text().unique(),
      orders: manyToMany("shop.Order", { inverse: "tags" }),
      uses: integer().computed(),
    }),
    Note: model({
      order: one("shop.Order", { onDelete: "cascade" }),
      customer: one("shop.Customer", { onDelete: "clear" }).optional(),
      body: text(),
    }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    stock: typeof stock
    shop: typeof shop
  }
}

const logics = [
  logic("shop.Customer")
    .rollup("revenue", "sum", "orders", "total", { where: { status: { in: ["confirmed", "shipped"] } } })
    .rollup("orderCount", "count", "orders")
    .compute("level", ["revenue"], (c) => (Number(c.revenue) >= 1000 ? "large" : "small"))
    .grant("shop.clerk", ["read", "create", "update"], { owner: me }, { fields: { except: ["secret"] } })
    .on("promote", {
      by: ["shop.clerk"],
      async run(c, { asSystem }) {
        await asSystem("a promotion", (db) => db("shop.Customer").update(c.id, { secret: "promoted" }))
      },
    })
    .grant("shop.guest", ["read"], { owner: me }, { fields: ["name"] })
    .grant("shop.manager", "all", "all"),
  logic("shop.Order")
    .rollup("total", "sum", "lines", "subtotal")
    .rollup("biggest", "max", "lines", "subtotal")
    .rollup("lineCount", "count", "lines")
    .compute("taxed", ["total"], (o) => times(o.total, "1.2"))
    .check("order.not_too_big", ["total"], (o) => Number(o.total) <= 100_000)
    .warn("order.empty", ["lines.id"], (o) => o.lines.length > 0)
    .grant("shop.clerk", ["read", "create", "update", "delete"], { customer: { owner: me } })
    .grant("shop.intern", ["read"], "all")
    .grant("shop.intern", ["update"], { status: "draft" }, { fields: ["note"], check: { not: { note: "forbidden" } } })
    .grant("shop.manager", "all", "all")
    .restrict({ not: { note: "hidden" } }, "order.hidden")
    .on("confirm", {
      by: ["shop.clerk", "shop.manager"],
      needs: ["lines.quantity"],
      run(o) {
        if (o.lines.length === 0) throw refuse("order.no_lines")
      },
    })
    .on("ship", {
      by: ["shop.manager"],
      notBy: "approver",
      run: async (o, { db, input }) => {
        await db("shop.Note").create({ order: o.id, body: `by ${String(input["carrier"])}` })
      },
    })
    .on("cancel", { by: ["shop.manager"], where: { total: { lt: "5000" } } })
    .on("double", {
      by: ["shop.manager"],
      needs: ["lines.quantity"],
      async run(o, { db }) {
        await db("shop.Order").update(o.id, { lines: o.lines.map((l) => ({ id: l.id, quantity: l.quantity * 2 })) })
        const after = await db("shop.Order").get(o.id, { select: ["total"] })
        return { total: after?.total ?? "0" }
      },
    })
    .on("broken", { by: ["shop.manager"], run: () => ({ total: "much" }) })
    .lock({ status: { in: ["shipped", "cancelled"] } }, { except: ["note"], why: "order.closed" }),
  logic("shop.OrderLine")
    .suggest("price", ["product.price"], (l) => l.product?.price ?? "1.00")
    .suggest("discount", ["order.customer.discount"], (l) => l.order.customer.discount, { sticky: true })
    .compute("subtotal", ["quantity", "price", "discount"], (l) => times(l.quantity, l.price, minus(1, l.discount)))
    .check("line.quantity", ["quantity"], (l) => l.quantity > 0),
  logic("shop.Tag")
    .rollup("uses", "count", "orders")
    .grant("shop.clerk", ["read"], "all")
    .grant("shop.manager", "all", "all"),
  logic("shop.Note")
    .grant("shop.clerk", "all", { order: { customer: { owner: me } } })
    .grant("shop.manager", "all", "all"),
]

export const catalog = resolveCatalog([identity.definition, stock.definition, shop.definition])
export const service = resolveService(shop.definition, logics, catalog)

export const alice: Principal = {
  kind: "user",
  id: "00000000-0000-7000-8000-00000000000a",
  roles: ["shop.clerk"],
  claims: {},
  timeZone: "UTC",
}
export const bob: Principal = { ...alice, id: "00000000-0000-7000-8000-00000000000b" }
export const manager: Principal = { ...alice, id: "00000000-0000-7000-8000-00000000000c", roles: ["shop.manager"] }
export const intern: Principal = { ...alice, id: "00000000-0000-7000-8000-00000000000d", roles: ["shop.intern"] }
export const guest: Principal = { ...alice, id: "00000000-0000-7000-8000-00000000000e", roles: ["shop.guest"] }
export const stranger: Principal = { ...alice, id: "00000000-0000-7000-8000-00000000000f", roles: [] }

export const products: Readonly<Record<string, { price: string; name: string }>> = {
  "00000000-0000-7000-8000-0000000000a1": { name: "Nail", price: "10.00" },
  "00000000-0000-7000-8000-0000000000a2": { name: "Screw", price: "0.35" },
}
export const nail = "00000000-0000-7000-8000-0000000000a1"
export const screw = "00000000-0000-7000-8000-0000000000a2"

/** The running shop: a database of its own, its writer, and what its neighbour was asked. */
export interface Shop extends AsyncDisposable {
  readonly database: Database
  readonly writer: Writer
  readonly calls: { readonly model: string; readonly ids: readonly string[]; readonly paths: readonly string[] }[]
  neighbour: "there" | "away"
  clock: Date | undefined
  change(
    principal: Principal,
    change: Change,
    options?: WriteOptions & { idempotency?: { key: string; fingerprint: string } },
  ): Promise<{
    id: string
    version: number | null
    record: Record<string, unknown> | null
    warnings: readonly { path: string; code: string }[]
    output: unknown
  }>
  create(principal: Principal, model: string, values: object): Promise<Record<string, unknown> & { id: string }>
  update(principal: Principal, model: string, id: string, values: object): Promise<Record<string, unknown> | null>
  /** Rows as PostgreSQL has them. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
  order(id: string): Promise<Record<string, unknown>>
  lines(order: string): Promise<readonly Record<string, unknown>[]>
}

export async function openShop(): Promise<Shop> {
  const made = await testDatabase("write")
  const database = openDatabase({ connectionString: made.url })
  await applyAdditive(database, catalog, "shop")
  const calls: Shop["calls"] = []
  const remote: RemoteReader = async (model: ResolvedModel, ids, paths) => {
    calls.push({ model: model.name, ids, paths })
    if (open.neighbour === "away" && model.service === "stock") return undefined
    if (model.service === "identity") return new Map(ids.map((id) => [id, { id }]))
    return new Map(ids.flatMap((id): [string, object][] => (products[id] ? [[id, { id, ...products[id] }]] : [])))
  }
  const reader = createReader({ database, secret: "a secret of sixteen" })
  const writer = createWriter({
    database,
    service,
    reader,
    remoteReader: () => remote,
    now: () => open.clock ?? new Date(),
  })
  const open: Shop = {
    database,
    writer,
    calls,
    neighbour: "there",
    clock: undefined,
    async change(principal, change, options = {}) {
      const answer = await writer.change(authoriseChange(rightsOf(service, principal), principal, change), options)
      return {
        id: answer.id,
        version: answer.version,
        record: answer.data === null ? null : (JSON.parse(answer.data) as Record<string, unknown>),
        warnings: answer.warnings,
        output: answer.output === undefined ? undefined : JSON.parse(answer.output),
      }
    },
    async create(principal, model, values) {
      const { id, record } = await open.change(principal, { operation: "create", model, values: values as never })
      return { ...record, id }
    },
    async update(principal, model, id, values) {
      return (await open.change(principal, { operation: "update", model, id, values: values as never })).record
    },
    async sql(text, values = []) {
      return (await database.query({ text }, values)).rows
    },
    async order(id) {
      return (await open.sql("select * from orders where id = $1", [id]))[0] ?? {}
    },
    lines: (order) => open.sql("select * from order_lines where order_id = $1 order by id", [order]),
    async [Symbol.asyncDispose]() {
      await database.close()
      await made.drop()
    },
  }
  return open
}

/** The error's code, and what it says. */
export async function refusal(promise: Promise<unknown>): Promise<{ code: string; details: Record<string, unknown> }> {
  try {
    await promise
  } catch (error) {
    const { code, details } = error as { code?: string; details?: Record<string, unknown> }
    // A failure of the framework itself is nothing that a caller was refused.
    if (
      typeof code !== "string" ||
      details === undefined ||
      ((error as Error).cause instanceof Error && code === "internal" && !((error as Error).cause instanceof TypeError))
    )
      throw error
    return { code, details }
  }
  throw new Error("It was not refused.")
}
