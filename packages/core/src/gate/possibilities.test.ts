import { describe, expect, test } from "vitest"
import { resolveCatalog } from "../catalog.ts"
import { datetime, states, text } from "../fields.ts"
import { identity } from "../identity.ts"
import { logic } from "../logic.ts"
import { contract, model } from "../model.ts"
import { many, one } from "../relations.ts"
import { resolveService } from "../resolve-service.ts"
import { me } from "../where.ts"
import { possibilities } from "./possibilities.ts"
import { type Principal, systemPrincipal } from "./principal.ts"
import { rightsOf } from "./rights.ts"

const ferry = contract("ferry", {
  roles: ["mate", "captain", "guest"],
  models: {
    Trip: model(
      {
        title: text(),
        note: text().optional(),
        mate: one("identity.User").default("me"),
        left: datetime().optional(),
        status: states(["planned", "left"], { leave: { from: ["planned"], to: "left" } }),
        stops: many("ferry.Stop", "trip").owned(),
      },
      { archive: true },
    ),
    Stop: model({ trip: one("ferry.Trip", { onDelete: "cascade" }), harbour: text() }),
  },
})
declare module "../contracts.ts" {
  interface Contracts {
    ferry: typeof ferry
  }
}

const service = resolveService(
  ferry.definition,
  [
    logic("ferry.Trip")
      .grant("ferry.guest", ["read"], "all")
      .grant("ferry.mate", ["read"], "all")
      .grant("ferry.mate", ["update"], { mate: me }, { fields: ["note"] })
      .grant("ferry.captain", "all", "all")
      .on("leave", { by: ["ferry.captain"], notBy: "mate" })
      .lock({ status: "left" }, { except: ["note", "title", "status"], why: "trip.left" }),
  ],
  resolveCatalog([ferry.definition, identity.definition]),
)
const trip = service.models.get("ferry.Trip")
const stop = service.models.get("ferry.Stop")
if (!trip || !stop) throw new Error("The models are there.")

const user = (role: string): Principal => ({ kind: "user", id: "u", roles: [role], claims: {}, timeZone: "UTC" })
const can = (principal: Principal, of = trip): readonly string[] =>
  possibilities(rightsOf(service, principal), of).map(({ name }) => name)

describe("what could be done with a record", () => {
  test("is what the roles allow on some row, with the fields that a lock leaves open", () => {
    expect(can(user("ferry.captain"))).toEqual([
      "update",
      "update.note",
      "update.title",
      "delete",
      "archive",
      "restore",
      "$attachments",
      "leave",
    ])
    expect(can(user("ferry.mate"))).toEqual(["update", "update.note", "archive", "restore", "$attachments"])
    expect(can(user("ferry.guest"))).toEqual([])
    expect(can(systemPrincipal("test"))).toContain("leave")
  })

  test("is nothing for lines, which are written with their parent", () => {
    expect(can(user("ferry.captain"), stop)).toEqual([])
  })
})
