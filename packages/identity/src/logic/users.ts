import { logic, me } from "@archipel/core"
import "../contract.ts"

export const user = logic("identity.User")
  .grant("identity.admin", "all", "all")
  .grant("identity.reader", ["read"], "all", { fields: { except: ["attributes"] } })
  .grant("identity.user", ["read"], { id: me }, { fields: { except: ["attributes"] } })
  // What nobody but its owner cares about; a name or an address is what others recognise somebody by.
  .grant("identity.user", ["update"], { id: me }, { fields: ["locale", "timeZone"] })

export const company = logic("identity.Company")
  .grant("identity.admin", "all", "all")
  .grant("identity.reader", ["read"], "all")
  .grant("identity.user", ["read"], { users: { some: { id: me } } }, { fields: ["code", "name"] })

export const group = logic("identity.Group")
  .grant("identity.admin", "all", "all")
  .grant("identity.reader", ["read"], "all")
  // Who shares something with colleagues has to know which groups these are.
  .grant("identity.user", ["read"], { members: { some: { id: me } } }, { fields: ["name", "description"] })

export const serviceAccount = logic("identity.ServiceAccount")
  .grant("identity.admin", "all", "all")
  .grant("identity.reader", ["read"], "all")
