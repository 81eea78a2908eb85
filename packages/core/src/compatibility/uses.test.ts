import { describe, expect, test } from "vitest"
import {
  type ContractDefinition,
  action,
  contract,
  identity,
  integer,
  type Logic,
  logic,
  many,
  model,
  one,
  resolveCatalog,
  resolveService,
  states,
  text,
} from "../index.ts"
import { compareContracts } from "./compare-contracts.ts"
import { allUses, type ContractUses, harmfulTo, UseCollector } from "./uses.ts"
import { usesOfChange, usesOfQuery } from "./uses-of-requests.ts"
import { usesOf } from "./uses-of-service.ts"

const people = contract("uses_people", {
  roles: ["user"],
  models: {
    Person: model(
      {
        name: text(),
        nick: text().optional(),
        home: one("uses_people.Place").optional(),
        letters: many("uses_mail.Letter", "to"),
      },
      { actions: { wave: action() } },
    ),
    Place: model({ city: text(), code: text(), rooms: many("uses_people.Room", "place").owned() }),
    Room: model({ place: one("uses_people.Place"), number: integer() }),
    Pet: model({ name: text() }),
  },
})
const mail = contract("uses_mail", {
  roles: ["user"],
  models: {
    Letter: model(
      {
        to: one("uses_people.Person"),
        address: text().suggested(),
        state: states(["new", "sent"], { send: { from: ["new"], to: "sent", input: { by: one("uses_people.Pet") } } }),
      },
      { actions: { forward: action({ where: one("uses_people.Place") }) } },
    ),
  },
})
const catalog = resolveCatalog([people.definition, mail.definition, identity.definition])
const letter = logic("uses_mail.Letter" as never) as unknown as Logic<string> as unknown as {
  suggest(...given: unknown[]): typeof letter
  warn(...given: unknown[]): typeof letter
  grant(...given: unknown[]): typeof letter
  on(...given: unknown[]): typeof letter
}
const described = letter
  .suggest("address", ["to.home.city"], () => "")
  .warn("letter.nameless", ["to.name", "state"], () => true)
  .grant("uses_mail.user", "all", "all")
  .on("send", { by: ["uses_mail.user"], needs: ["to.home.rooms.number"] })
  .on("forward", { by: ["uses_mail.user"], run: () => {} }) as unknown as Logic<string>
const service = resolveService(mail.definition, [described], catalog)

const none = { reads: [], writes: [], calls: [] }
const collected = (collect: (uses: UseCollector) => void): ContractUses => {
  const uses = new UseCollector("uses_mail")
  collect(uses)
  return uses.uses()
}

describe("what a service uses of others", () => {
  test("is what its contract refers to and its logic depends on", () => {
    expect(usesOf(service)).toEqual({
      "identity.User": none,
      "uses_people.Person": { ...none, reads: ["home", "name"] },
      "uses_people.Pet": none,
      "uses_people.Place": { ...none, reads: ["city", "rooms"] },
      "uses_people.Room": { ...none, reads: ["number"] },
    })
  })

  test("is what it mirrors, with what leads there", () => {
    const definition = { model: "uses_people.Person", paths: ["nick", "home.code"], grants: [] }
    const uses = usesOf(resolveService(mail.definition, [described], catalog, { mirrors: [{ definition }] }))
    expect(uses["uses_people.Person"]?.reads).toEqual(["home", "name", "nick"])
    expect(uses["uses_people.Place"]?.reads).toEqual(["city", "code", "rooms"])
  })

  test("is what its queries name, in conditions and orders too", () => {
    const uses = collected((to) =>
      usesOfQuery(to, catalog, {
        model: "uses_people.Person",
        select: [
          "name",
          { path: "home.rooms", select: ["number"], where: { not: { number: { gt: 3 } } }, orderBy: ["-number"] },
          "gone.name",
        ],
        where: { or: [{ home: { code: "FR" } }, { letters: { some: { address: "x" } } }] },
        orderBy: ["-nick"],
      }),
    )
    expect(uses).toEqual({
      "uses_people.Person": { ...none, reads: ["home", "letters", "name", "nick"] },
      "uses_people.Place": { ...none, reads: ["code", "rooms"] },
      "uses_people.Room": { ...none, reads: ["number"] },
    })
  })

  test("is what its groups are made of", () => {
    const query = {
      model: "uses_people.Room",
      group: ["place.code", "createdAt:month"],
      aggregates: { most: "max(number)", all: "count" },
    }
    expect(collected((to) => usesOfQuery(to, catalog, query))).toEqual({
      "uses_people.Place": { ...none, reads: ["code"] },
      "uses_people.Room": { ...none, reads: ["number", "place"] },
    })
  })

  test("is what it writes, in lines too, and calls", () => {
    const uses = collected((to) => {
      usesOfChange(to, catalog, {
        operation: "update",
        model: "uses_people.Place",
        id: "1",
        values: { city: "Ulm", rooms: [{ number: 1 }] },
      })
      usesOfChange(to, catalog, { operation: "invoke", model: "uses_people.Person", action: "wave", id: "1" })
    })
    expect(uses).toEqual({
      "uses_people.Person": { ...none, calls: ["wave"] },
      "uses_people.Place": { ...none, writes: ["city", "rooms"] },
      "uses_people.Room": { ...none, creates: true, writes: ["number"] },
    })
  })

  test("adds up", () => {
    const [first, second] = [
      { "a.B": { ...none, reads: ["x"] } },
      { "a.B": { ...none, creates: true as const, reads: ["w", "x"] }, "a.A": none },
    ]
    expect(allUses([first, second])).toEqual({ "a.A": none, "a.B": { ...none, creates: true, reads: ["w", "x"] } })
  })
})

describe("a difference harms", () => {
  const with_ = (
    change: (models: Record<string, ContractDefinition["models"][string]>) => void,
  ): ContractDefinition => {
    const models = structuredClone(people.definition.models) as Record<string, ContractDefinition["models"][string]>
    change(models)
    return { ...people.definition, models }
  }
  const without = (model: string, member: string): ContractDefinition =>
    with_((models) => delete (models[model] as { members: Record<string, unknown> }).members[member])
  const harms = (newer: ContractDefinition, uses = usesOf(service)): string[] =>
    harmfulTo(compareContracts(people.definition, newer), uses).map(({ path }) => path)

  test("who reads what is missing, and nobody else", () => {
    expect(harms(without("Person", "name"))).toEqual(["uses_people.Person.name"])
    expect(harms(without("Place", "code"))).toEqual([])
  })

  test("who refers to a model that is gone", () => {
    expect(harms(with_((models) => delete models["Pet"]))).toEqual(["uses_people.Pet"])
  })

  test("who calls an action that is gone", () => {
    const newer = with_((models) => delete (models["Person"] as { actions: Record<string, unknown> }).actions["wave"])
    expect(harms(newer)).toEqual([])
    expect(harms(newer, { "uses_people.Person": { ...none, calls: ["wave"] } })).toEqual(["uses_people.Person.$wave"])
  })

  test("who creates records that now need more, or writes under a new rule", () => {
    const newer = with_((models) => {
      const { Pet } = models as unknown as { Pet: { members: Record<string, unknown>; unique: string[][] } }
      Pet.members["age"] = integer().definition
      Pet.unique.push(["name"])
    })
    expect(harms(newer)).toEqual([])
    expect(harms(newer, { "uses_people.Pet": { ...none, creates: true, writes: ["name"] } })).toEqual([
      "uses_people.Pet",
      "uses_people.Pet.age",
    ])
  })
})
