import {
  action,
  bigint,
  bool,
  choice,
  contract,
  date,
  datetime,
  decimal,
  email,
  file,
  html,
  identity,
  image,
  integer,
  json,
  logic,
  longText,
  many,
  manyToMany,
  me,
  model,
  money,
  one,
  phone,
  refuse,
  resolveCatalog,
  resolveService,
  type ServiceDefinition,
  sequence,
  states,
  text,
  times,
  url,
  uuid,
} from "@archipel/core"

/** A service with every kind of field, relation and verb: what the tests of the HTTP side are about. */
export const depot = contract("depot", {
  roles: ["user", "manager"],
  models: {
    Tag: model({ name: text({ maxLength: 40 }).unique(), products: manyToMany("depot.Product", { inverse: "tags" }) }),
    Product: model(
      {
        code: text({ maxLength: 30 }).unique(),
        name: text().tracked(),
        description: longText().optional(),
        page: html().optional(),
        price: money({ min: "0" }),
        cost: money().optional(),
        weight: decimal({ scale: 3, min: "0" }).optional(),
        stock: integer({ min: 0 }).default(0),
        barcode: bigint().optional(),
        active: bool().default(true),
        launched: date().optional(),
        checkedAt: datetime().optional(),
        kind: choice("thing", "service").default("thing"),
        maker: email().optional(),
        hotline: phone().optional(),
        website: url().optional(),
        supplierKey: uuid().optional(),
        attributes: json().optional(),
        manual: file().optional(),
        photo: image().optional(),
        tags: manyToMany("depot.Tag"),
      },
      {
        title: "name",
        archive: true,
        externalId: true,
        actions: { restock: action({ quantity: integer({ min: 1 }) }, { stock: integer() }, { label: "Restock" }) },
      },
    ),
    Order: model(
      {
        number: sequence("O-{yyyy}-{0000}"),
        customer: text(),
        owner: one("identity.User").optional().default("me"),
        date: date().default("today"),
        status: states(["draft", "confirmed", "cancelled"], {
          confirm: { from: ["draft"], to: "confirmed" },
          cancel: { from: ["draft", "confirmed"], to: "cancelled", input: { reason: text().optional() } },
        }),
        note: text().optional(),
        secret: text().optional(),
        lines: many("depot.OrderLine", "order").owned(),
        total: money().computed(),
      },
      { title: "number", index: [["status", "-date"]], search: ["number", "customer", "note", "secret"] },
    ),
    OrderLine: model({
      order: one("depot.Order", { onDelete: "cascade" }),
      product: one("depot.Product"),
      quantity: integer({ min: 1, max: 1_000 }).default(1),
      price: money().suggested(),
      subtotal: money().computed(),
    }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    depot: typeof depot
  }
}

export const depotLogic = [
  logic("depot.Tag").grant("depot.user", ["read"], "all").grant("depot.manager", "all", "all"),
  logic("depot.Product")
    .grant("depot.user", ["read"], "all", { fields: { except: ["cost"] } })
    .grant("depot.manager", "all", "all")
    .on("restock", {
      by: ["depot.manager"],
      needs: ["stock"],
      async run(product, { db, input }) {
        const stock = product.stock + (input["quantity"] as number)
        await db("depot.Product").update(product.id, { stock })
        return { stock }
      },
    }),
  logic("depot.Order")
    .rollup("total", "sum", "lines", "subtotal")
    .grant("depot.user", ["read", "create", "update"], { owner: me }, { fields: { except: ["secret"] } })
    .grant("depot.manager", "all", "all")
    .on("confirm", {
      by: ["depot.user", "depot.manager"],
      needs: ["lines.quantity"],
      run(order) {
        if (order.lines.length === 0) throw refuse("order.empty")
      },
    })
    .on("cancel", { by: ["depot.manager"] })
    .lock({ status: "cancelled" }, { why: "order.closed" }),
  logic("depot.OrderLine")
    .suggest("price", ["product.price"], (line) => line.product.price)
    .compute("subtotal", ["quantity", "price"], (line) => times(line.quantity, line.price)),
]

/** The service as it is at run time, without a database. */
export const depotDefinition = (): ServiceDefinition =>
  resolveService(depot.definition, depotLogic, resolveCatalog([depot.definition, identity.definition]))
