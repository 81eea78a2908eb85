import { claim, logic, me, times } from "@archipel/core"
import "./contract.ts"

const ofOwnCompanies = { company: { in: claim("companies") } } as const

export const customer = logic("bench.Customer")
  .grant("bench.user", ["read"], ofOwnCompanies)
  .grant("bench.manager", "all", ofOwnCompanies)

/** Of their companies' orders, users see and change their own, managers all: the reference's record rule. */
export const order = logic("bench.Order")
  .rollup("total", "sum", "lines", "subtotal")
  .grant("bench.user", ["read", "create", "update"], { ...ofOwnCompanies, owner: me })
  .grant("bench.manager", "all", ofOwnCompanies)

export const orderLine = logic("bench.OrderLine").compute("subtotal", ["quantity", "price"], (line) =>
  times(line.quantity, line.price),
)
