/**
 * What people keep for themselves and share with each other: saved lists and personal settings.
 *
 * @module
 */
import { logic, me } from "@archipel/core"
import "../contract.ts"

/** Characters of JSON: a list's state with some hundred columns and filters. */
const MAX_STATE = 20_000

const fits = (value: unknown): boolean => JSON.stringify(value).length <= MAX_STATE

/** Everybody's own, and what others share with them. Names of fields in a shared state are seen by those it is shared with. */
export const favourite = logic("identity.Favourite")
  .check("favourite.too_large", ["state"], (f) => fits(f.state))
  .check("favourite.no_group", ["audience", "sharedWith"], (f) => f.audience !== "group" || f.sharedWith !== null)
  .grant("identity.user", "all", { owner: me })
  .grant("identity.user", ["read"], { audience: "everybody" })
  .grant("identity.user", ["read"], { audience: "group", sharedWith: { members: { some: { id: me } } } })
  .grant("identity.admin", ["read", "update", "delete"], { not: { audience: "self" } })

export const setting = logic("identity.Setting")
  .check("setting.too_large", ["value"], (s) => fits(s.value))
  .grant("identity.user", "all", { user: me })
