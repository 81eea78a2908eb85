import { choice, contract, datetime, email, integer, many, model, money, one, text } from "@archipel/core"

/** Customers, orders and lines as the baseline has them, plus what the product adds to every model. */
export const bench = contract("bench", {
  roles: ["user", "manager"],
  models: {
    Customer: model({
      name: text(),
      email: email(),
      city: text().optional(),
      company: integer(),
    }),
    Order: model(
      {
        number: text(),
        customer: one("bench.Customer"),
        status: choice("draft", "confirmed", "shipped", "invoiced", "cancelled").default("draft"),
        orderDate: datetime().default("now"),
        note: text().optional(),
        company: integer(),
        owner: one("identity.User").default("me"),
        lines: many("bench.OrderLine", "order").owned(),
        total: money().computed(),
      },
      { index: [["status", "-orderDate"], ["orderDate"]] },
    ),
    OrderLine: model({
      order: one("bench.Order", { onDelete: "cascade" }),
      product: text(),
      quantity: integer(),
      price: money(),
      subtotal: money().computed(),
    }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    bench: typeof bench
  }
}
