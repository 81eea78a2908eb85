import { claim, logic } from "@archipel/core"
import type { Service } from "@archipel/server"
import "./contract.ts"
import { customer, order, orderLine } from "./logic.ts"

const ofOwnCompanies = { company: { in: claim("companies") } } as const
const orders = () => logic("bench.Order").rollup("total", "sum", "lines", "subtotal")
const everyCustomer = logic("bench.Customer").grant("bench.manager", "all", "all")

/** The same service under other rules for who reads its orders; the data is such that all of them show everything. */
export const ruleSets: Readonly<Record<string, Service["logic"]>> = {
  product: [customer, order, orderLine],
  none: [everyCustomer, orders().grant("bench.manager", "all", "all"), orderLine],
  column: [everyCustomer, orders().grant("bench.manager", "all", ofOwnCompanies), orderLine],
  relation: [everyCustomer, orders().grant("bench.manager", "all", { customer: ofOwnCompanies }), orderLine],
  cells: [
    everyCustomer,
    orders()
      .grant("bench.manager", ["read"], "all", { fields: { except: ["note", "total"] } })
      .grant("bench.manager", ["read"], ofOwnCompanies),
    orderLine,
  ],
}
