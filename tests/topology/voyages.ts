/**
 * Three services that refer to each other in a row: voyages to ships and sailors, ships to sailors.
 *
 * @module
 */
import { action, contract, integer, logic, many, model, one, text } from "@archipel/core"
import { service } from "@archipel/server"

export const crews = contract("crews", {
  roles: ["user"],
  models: { Sailor: model({ name: text() }, { title: "name" }) },
})

export const ships = contract("ships", {
  roles: ["user"],
  models: {
    Ship: model(
      { name: text(), tons: integer(), captain: one("crews.Sailor").optional(), ropes: many("ships.Rope", "ship") },
      { title: "name", publicTitle: true },
    ),
    Rope: model({ ship: one("ships.Ship"), metres: integer() }),
  },
})

export const voyages = contract("voyages", {
  roles: ["user", "clerk"],
  models: {
    Voyage: model(
      {
        code: text().unique(),
        ship: one("ships.Ship"),
        pilot: one("crews.Sailor").optional(),
        tons: integer().suggested(),
        legs: many("voyages.Leg", "voyage").owned(),
      },
      { title: "code", actions: { rename: action({}, { code: text() }) } },
    ),
    Leg: model({
      voyage: one("voyages.Voyage", { onDelete: "cascade" }),
      port: text(),
      pilot: one("crews.Sailor").optional(),
    }),
  },
})

declare module "@archipel/core" {
  interface Contracts {
    crews: typeof crews
    ships: typeof ships
    voyages: typeof voyages
  }
}

export const services = [
  service("crews", { logic: [logic("crews.Sailor").grant("crews.user", "all", "all")] }),
  service("ships", {
    logic: [
      logic("ships.Ship").grant("ships.user", "all", "all"),
      logic("ships.Rope").grant("ships.user", "all", "all"),
    ],
  }),
  service("voyages", {
    logic: [
      logic("voyages.Voyage")
        .suggest("tons", ["ship.tons"], (voyage) => voyage.ship.tons)
        .grant("voyages.clerk", ["read"], "all")
        .grant("voyages.user", "all", "all")
        .on("rename", {
          by: ["voyages.user"],
          async run(voyage, { db }) {
            await db("voyages.Voyage").update(voyage.id, { code: "renamed first" })
            const read = await db("voyages.Voyage").get(voyage.id, { select: ["ship.name"] })
            return { code: read?.ship.name ?? "" }
          },
        }),
    ],
  }),
]
