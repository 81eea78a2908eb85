import { logic, me } from "@archipel/core"
import "./contract.ts"

export const country = logic("crm.Country")
  .check("country.code", ["code"], (c) => /^[A-Z]{2}$/.test(c.code))
  .grant("crm.user", ["read"], "all")
  .grant("crm.manager", "all", "all")

export const customer = logic("crm.Customer")
  .rollup("contactCount", "count", "contacts")
  .check("customer.own_parent", ["id", "parent"], (c) => c.parent !== c.id)
  .check("customer.two_levels", ["parent.parent"], (c) => c.parent === null || c.parent.parent === null)
  .warn("customer.unreachable", ["email", "phone"], (c) => c.email !== null || c.phone !== null)
  // Everybody finds every customer; who looks after one changes it, its usual discount aside.
  .grant("crm.user", ["read"], "all")
  .grant(
    "crm.user",
    ["create", "update"],
    { or: [{ accountManager: me }, { accountManager: { isSet: false } }] },
    {
      readOnly: ["discount"],
    },
  )
  .grant("crm.manager", "all", "all")
