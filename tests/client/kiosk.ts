import {
  date,
  integer,
  logic,
  many,
  me,
  model,
  contract,
  money,
  one,
  refuse,
  sequence,
  states,
  text,
  times,
  action,
} from "@archipel/core"

/** What the client's tests ask for: a contract as a department writes one. */
export const kiosk = contract("kiosk", {
  roles: ["user", "manager"],
  models: {
    Product: model(
      { code: text({ maxLength: 30 }).unique(), name: text(), price: money({ min: "0" }) },
      { title: "name", archive: true },
    ),
    Order: model(
      {
        number: sequence("S-{0000}"),
        customer: text(),
        owner: one("identity.User").optional().default("me"),
        date: date().default("today"),
        status: states(["draft", "confirmed"], {
          confirm: { from: ["draft"], to: "confirmed", input: { note: text().optional() } },
        }),
        note: text().optional(),
        margin: money().default("0"),
        lines: many("kiosk.OrderLine", "order").owned(),
        total: money().computed(),
      },
      { title: "number", actions: { double: action({ by: integer({ min: 2 }) }, { lines: integer() }) } },
    ),
    OrderLine: model({
      order: one("kiosk.Order", { onDelete: "cascade" }),
      product: one("kiosk.Product"),
      quantity: integer({ min: 1 }).default(1),
      price: money().suggested(),
      subtotal: money().computed(),
    }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    kiosk: typeof kiosk
  }
}

export const kioskLogic = [
  logic("kiosk.Product").grant("kiosk.user", ["read"], "all").grant("kiosk.manager", "all", "all"),
  logic("kiosk.Order")
    .rollup("total", "sum", "lines", "subtotal")
    .grant("kiosk.user", ["read", "create", "update"], { owner: me }, { fields: { except: ["margin"] } })
    .grant("kiosk.manager", "all", "all")
    .on("confirm", {
      by: ["kiosk.user", "kiosk.manager"],
      needs: ["lines.quantity"],
      run(order) {
        if (order.lines.length === 0) throw refuse("order.empty")
      },
    })
    .on("double", {
      by: ["kiosk.manager"],
      needs: ["lines.quantity"],
      run: (order) => ({ lines: order.lines.length }),
    }),
  logic("kiosk.OrderLine")
    .suggest("price", ["product.price"], (line) => line.product.price)
    .compute("subtotal", ["quantity", "price"], (line) => times(line.quantity, line.price)),
]
