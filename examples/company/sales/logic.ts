import { compareDecimals, logic, me, minus, refuse, times } from "@archipel/core"
import "./contract.ts"

export const shipper = logic("sales.Shipper").grant("sales.user", ["read"], "all").grant("sales.manager", "all", "all")

export const orderLine = logic("sales.OrderLine")
  .suggest("price", ["product.price"], (l) => l.product.price)
  .suggest("discount", ["order.customer.discount"], (l) => l.order.customer.discount)
  .suggest("unitCost", ["product.cost"], (l) => l.product.cost)
  .compute("subtotal", ["quantity", "price", "discount"], (l) => times(l.quantity, l.price, minus(1, l.discount)))
  .compute("cost", ["quantity", "unitCost"], (l) => times(l.quantity, l.unitCost))
  .warn("line.discontinued", ["product.discontinued"], (l) => !l.product.discontinued)
  .warn("line.below_cost", ["subtotal", "cost"], (l) => compareDecimals(l.subtotal, l.cost) >= 0)
  .grant("sales.user", ["read", "create", "update", "delete"], "all", { fields: { except: ["unitCost", "cost"] } })
  .grant("sales.manager", "all", "all")

export const order = logic("sales.Order")
  .suggest("shipName", ["customer.name"], (o) => o.customer.name)
  .suggest("shipAddress", ["customer.address"], (o) => o.customer.address)
  .suggest("shipCity", ["customer.city"], (o) => o.customer.city)
  .suggest("shipRegion", ["customer.region"], (o) => o.customer.region)
  .suggest("shipPostalCode", ["customer.postalCode"], (o) => o.customer.postalCode)
  .suggest("shipCountry", ["customer.country.name"], (o) => o.customer.country?.name ?? null)
  .rollup("lineCount", "count", "lines")
  .rollup("total", "sum", "lines", "subtotal")
  .rollup("cost", "sum", "lines", "cost")
  .compute("margin", ["total", "cost"], (o) => minus(o.total, o.cost))
  .check(
    "order.required_before_ordered",
    ["date", "requiredDate"],
    (o) => o.requiredDate === null || o.requiredDate >= o.date,
  )
  .check(
    "order.shipped_before_ordered",
    ["date", "shippedDate"],
    (o) => o.shippedDate === null || o.shippedDate >= o.date,
  )
  // Clerks have their own orders and those of nobody yet; what the company earns is for managers.
  .grant(
    "sales.user",
    ["read", "create", "update"],
    { or: [{ salesperson: me }, { salesperson: { isSet: false } }] },
    {
      fields: { except: ["cost", "margin"] },
    },
  )
  .grant("sales.user", ["delete"], { salesperson: me, status: "draft" })
  .grant("sales.manager", "all", "all")
  .on("confirm", {
    by: ["sales.user", "sales.manager"],
    needs: ["lines.quantity"],
    run(o) {
      if (o.lines.length === 0) throw refuse("order.empty")
    },
  })
  .on("ship", {
    by: ["sales.manager"],
    needs: ["shipper"],
    run(o) {
      if (o.shipper === null) throw refuse("order.no_shipper")
    },
  })
  .on("cancel", { by: ["sales.manager"] })
  .on("reopen", { by: ["sales.user", "sales.manager"] })
  .lock({ status: { in: ["shipped", "cancelled"] } }, { except: ["note", "reference"], why: "order.closed" })
