import { mirror } from "@archipel/core"
import { service } from "@archipel/server"
import { french } from "./french.ts"
import { order, orderLine, shipper } from "./logic.ts"
import { orderViews } from "./views.ts"

/** Orders are found, sorted and counted by their customers' countries and, for managers, names: here, also while crm is away. */
export const customers = mirror("crm.Customer", ["name", "country.code"])
  .grant("sales.user", "all", { fields: ["country.code"] })
  .grant("sales.manager", "all")
declare module "@archipel/core" {
  interface Mirrors {
    sales: typeof customers
  }
}

export const sales = service("sales", {
  logic: [shipper, orderLine, order],
  mirrors: [customers],
  views: [orderViews],
  translations: [french],
})
