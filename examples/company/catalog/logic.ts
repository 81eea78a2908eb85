import { compareDecimals, logic, refuse, times } from "@archipel/core"
import "./contract.ts"

export const category = logic("catalog.Category")
  .rollup("productCount", "count", "products")
  .grant("catalog.user", ["read"], "all")
  .grant("catalog.manager", "all", "all")

export const supplier = logic("catalog.Supplier")
  .grant("catalog.user", ["read"], "all")
  .grant("catalog.manager", "all", "all")

export const product = logic("catalog.Product")
  .compute("reorder", ["stock", "onOrder", "reorderLevel", "discontinued"], (p) => {
    return !p.discontinued && p.stock + p.onOrder < p.reorderLevel
  })
  .compute("stockValue", ["stock", "cost"], (p) => times(p.stock, p.cost))
  .warn("product.below_cost", ["price", "cost"], (p) => compareDecimals(p.price, p.cost) >= 0)
  .grant("catalog.user", ["read"], "all", { fields: { except: ["cost", "stockValue"] } })
  .grant("catalog.manager", "all", "all")
  .on("reserve", {
    by: ["catalog.user", "catalog.manager"],
    where: { discontinued: false },
    needs: ["stock"],
    async run(p, context) {
      const stock = p.stock - context.input.quantity
      if (stock < 0) throw refuse("product.out_of_stock", { stock: p.stock })
      await context.asSystem("a reservation changes the stock", (db) => db("catalog.Product").update(p.id, { stock }))
      return { stock }
    },
  })
  .on("receive", {
    by: ["catalog.manager"],
    needs: ["stock", "onOrder"],
    async run(p, context) {
      const { quantity } = context.input
      const stock = p.stock + quantity
      await context.db("catalog.Product").update(p.id, { stock, onOrder: Math.max(0, p.onOrder - quantity) })
      return { stock }
    },
  })
