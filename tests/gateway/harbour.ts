/**
 * Two small services for tests of the gateway: letters with files that name people, and people whom everybody may see.
 *
 * @module
 */
import { contract, file, logic, longText, model, one, text } from "@archipel/core"
import { service } from "@archipel/server"

const south = contract("south", {
  roles: ["user"],
  models: { Person: model({ name: text() }, { title: "name" }) },
})
const north = contract("north", {
  roles: ["user"],
  models: {
    Letter: model(
      { title: text(), body: longText().optional(), scan: file().optional(), sender: one("south.Person").optional() },
      { title: "title" },
    ),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    south: typeof south
    north: typeof north
  }
}

export const harbour = [
  service("north", { logic: [logic("north.Letter").grant("north.user", "all", "all")] }),
  service("south", {
    logic: [logic("south.Person").grant("public", ["read"], "all").grant("south.user", "all", "all")],
  }),
] as const
