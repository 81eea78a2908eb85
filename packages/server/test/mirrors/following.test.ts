import { ArchipelError, type Db, type Id, mirror, systemPrincipal } from "@archipel/core"
import { afterAll, beforeAll, expect, test, vi } from "vitest"
import { propertySeed } from "../../../../tests/support/counts.ts"
import { seededRandom } from "../../../data/test/read/random.ts"
import type { Neighbour } from "../../src/neighbour.ts"
import { service } from "../../src/service.ts"
import {
  bothSides,
  context,
  officeService,
  farmService,
  type Grounds,
  grounds,
  orders,
  who,
} from "./farm-and-office.ts"

const WAIT = { timeout: 20_000, interval: 20 }
const system = systemPrincipal("test")
let places: Grounds

beforeAll(async () => {
  places = await grounds()
})
afterAll(() => places[Symbol.asyncDispose]())

const settled = async (): Promise<void> => {
  await vi.waitFor(async () => {
    const [owner, keeper] = await bothSides(places)
    expect(keeper).toEqual(owner)
  }, WAIT)
}

test("whatever is written at the owner, by several at once, comes to be here", async () => {
  await using running = await places.open()
  const db: Db = running.as(system)
  const random = seededRandom(propertySeed)
  const text = () => random.integer(0, 1e9).toString(36)
  const customers: Id<"farm.Customer">[] = []
  const countries: Id<"farm.Country">[] = []
  const regions: Id<"farm.Region">[] = []
  const any = <T>(list: readonly T[]): T | null => list[random.integer(0, list.length)] ?? null
  const values = () => ({
    name: text(),
    rating: any([1, 2, 3]),
    credit: any(["1.500", "-20.000"]),
    since: any(["2026-01-31", "1999-12-31"]),
    tags: any([["a", { b: null }], { deep: [1] }]),
    secret: text(),
    country: any(countries),
    parent: any(customers),
  })
  const create = async () => customers.push((await db("farm.Customer").create(values())).id)
  const steps: (() => Promise<unknown>)[] = [
    create,
    create,
    create,
    async () =>
      countries.push((await db("farm.Country").create({ name: text(), code: "AA", region: any(regions) })).id),
    async () => regions.push((await db("farm.Region").create({ name: text() })).id),
    async () => db("farm.Customer").update(any(customers) as Id<"farm.Customer">, values()),
    async () => db("farm.Country").update(any(countries) as Id<"farm.Country">, { code: text().slice(0, 2) }),
    async () => db("farm.Region").update(any(regions) as Id<"farm.Region">, { name: text() }),
    async () => db("farm.Customer").delete(any(customers) as Id<"farm.Customer">),
    async () => db("farm.Country").delete(any(countries) as Id<"farm.Country">),
    async () =>
      running.services
        .get("farm")
        ?.change(system, { operation: "archive", model: "farm.Customer", id: any(customers) as string }, context),
    async () =>
      db.transaction("farm", async (tx) => {
        const { id } = await tx("farm.Customer").create(values())
        await tx("farm.Customer").update(id, { name: text() })
        if (random.integer(0, 1) === 0) throw new Error("undone")
        customers.push(id)
      }),
  ]
  const work = async (): Promise<void> => {
    for (let n = 0; n < 60; n++)
      await (steps[random.integer(0, steps.length - 1)] as () => Promise<unknown>)().catch(() => {})
  }
  await Promise.all(Array.from({ length: 5 }, work))
  await running.mirrorsCaughtUp()
  const [owner, keeper] = await bothSides(places)
  expect(keeper).toEqual(owner)
  expect((owner as unknown[][])[0]?.length).toBeGreaterThan(10)
})

test("a transaction that commits late is not lost", async () => {
  await using running = await places.open()
  const written = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const late = running.as(system).transaction("farm", async (tx) => {
    await tx("farm.Customer").create({ name: "late" })
    written.resolve()
    await end.promise
  })
  await written.promise
  await running.as(system)("farm.Customer").create({ name: "early" })
  await running.mirrorsCaughtUp()
  const names = async () =>
    (
      await places.office.query({ text: "select name from mirror_farm_customers where name in ('early', 'late')" })
    ).rows.map(({ name }) => name)
  expect(await names()).toEqual(["early"])
  end.resolve()
  await late
  await running.mirrorsCaughtUp()
  expect((await names()).toSorted()).toEqual(["early", "late"])
})

test("of several processes one follows; whoever is left goes on where it was", async () => {
  const first = await places.open()
  await using second = await places.open([officeService], { neighbours: new Map([["farm", neighbourIn(first)]]) })
  await first.as(system)("farm.Customer").create({ name: "one" })
  await Promise.all([first.mirrorsCaughtUp(), second.mirrorsCaughtUp()])
  await settled()
  // Whatever is under way on any connection is cut off.
  await places.office.query({
    text: "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  })
  await first.as(system)("farm.Customer").create({ name: "two" })
  await settled()
  await first.close()
  await using third = await places.open([farmService])
  neighbourIn(third)
  await third.as(system)("farm.Customer").create({ name: "three" })
  await settled()
})

let elsewhere: Neighbour | undefined
const neighbourIn = (running: Awaited<ReturnType<Grounds["open"]>>): Neighbour => {
  elsewhere = running.services.get("farm") as Neighbour
  return {
    query: (...asked) => (elsewhere as Neighbour).query(...asked),
    titles: (...asked) => (elsewhere as Neighbour).titles(...asked),
    change: (...asked) => (elsewhere as Neighbour).change(...asked),
    bulk: (...asked) => (elsewhere as Neighbour).bulk(...asked),
    mirror: (...asked) => (elsewhere as Neighbour).mirror(...asked),
  }
}

test("an owner that is away is waited for, and what it missed to tell comes", async () => {
  await using own = await places.open([farmService])
  const neighbours = new Map<string, Neighbour>()
  const said: string[] = []
  await using running = await places.open([officeService], {
    neighbours,
    mirrorLog: {
      error: (message, _error, about) => said.push(`${message} ${about?.["owner"]}`),
      info: (message) => said.push(message),
    },
  })
  const state = () => running.services.get("office")?.mirrors()[0]
  await vi.waitFor(() => expect(state()?.error).toBe("service.unavailable"), WAIT)
  expect(state()?.asOf).not.toBeNull()
  await own.as(system)("farm.Customer").create({ name: "while away" })
  neighbours.set("farm", own.services.get("farm") as Neighbour)
  await settled()
  await vi.waitFor(() => expect(state()?.error).toBeNull(), WAIT)
  expect(said).toEqual(["a mirror does not follow farm", "a mirror follows again"])
})

test("nonsense is not believed", async () => {
  await using own = await places.open([farmService])
  const real = own.services.get("farm") as Neighbour
  let answers: Neighbour["mirror"] = real.mirror
  const neighbour = { ...neighbourIn(own), mirror: (...asked: Parameters<Neighbour["mirror"]>) => answers(...asked) }
  await using running = await places.open([officeService], { neighbours: new Map([["farm", neighbour]]) })
  await running.mirrorsCaughtUp()
  const before = await bothSides(places)
  const nonsense: unknown[] = [
    { parts: [{ model: "farm.Secret", records: [], gone: [] }], cursor: "", isCurrent: true },
    { parts: [{ model: "farm.Customer", records: [{ id: "no id" }], gone: [] }], cursor: "", isCurrent: true },
    { parts: [{ model: "farm.Customer", records: [], gone: ["no id"] }], cursor: "", isCurrent: true },
    { parts: [{ model: "farm.Customer", records: Array(501).fill({}), gone: [] }], cursor: "", isCurrent: true },
    { parts: [], cursor: "x".repeat(10_001), isCurrent: true },
    {},
  ]
  for (const answer of nonsense) {
    answers = async () => answer as never
    await vi.waitFor(() => expect(running.services.get("office")?.mirrors()[0]?.error).not.toBeNull(), WAIT)
    expect(await bothSides(places)).toEqual(before)
    answers = real.mirror
    await running.mirrorsCaughtUp()
  }
})

test("what the owner takes back is not kept, and comes again when it may", async () => {
  await using own = await places.open([farmService])
  const real = own.services.get("farm") as Neighbour
  let isRefused = false
  const neighbour: Neighbour = {
    ...neighbourIn(own),
    async mirror(...asked) {
      if (isRefused) throw new ArchipelError("access.denied", { model: "farm.Customer", operation: "mirror" })
      return real.mirror(...asked)
    },
  }
  await using running = await places.open([officeService], { neighbours: new Map([["farm", neighbour]]) })
  await running.mirrorsCaughtUp()
  const clerk = () =>
    running.services
      .get("office")
      ?.query(who("office.clerk"), { model: "office.Order", orderBy: ["customer.name"] }, context)
  expect((await clerk())?.kept?.[0]?.model).toBe("farm.Customer")
  isRefused = true
  await vi.waitFor(() => expect(clerk()).rejects.toMatchObject({ code: "service.mirror_not_ready" }), WAIT)
  expect((await bothSides(places))[1]).toEqual([[], [], []])
  isRefused = false
  await settled()
  await running.mirrorsCaughtUp()
  expect(await clerk()).toBeDefined()
})

test("a database in another life is read anew, and what is not there any more goes", async () => {
  await using running = await places.open()
  await running.mirrorsCaughtUp()
  await places.office.query({
    text: "insert into mirror_farm_customers (id, name) values (gen_random_uuid(), 'a ghost')",
  })
  await places.office.query({
    text: `update archipel.mirrors set cursor = jsonb_set(cursor::jsonb, '{position,life}', '"another"')::text`,
  })
  await settled()
})

test("other fields are filled while the release before goes on with its own", async () => {
  const other = mirror("farm.Customer", ["name", "secret"]).grant("office.clerk", "all")
  const open = service("farm", {
    logic: [...farmService.logic, { model: "farm.Customer", statements: [grantOfAll] }] as never,
  })
  await using before = await places.open([open, officeService])
  await before.as(system)("farm.Customer").create({ name: "told", secret: "hush" })
  await before.mirrorsCaughtUp()
  const next = service("office", {
    logic: [{ ...orders, statements: orders.statements.filter((s) => !("where" in s) || s.where === "all") } as never],
    mirrors: [other],
  })
  await using after = await places.open([next], { neighbours: new Map([["farm", neighbourIn(before)]]) })
  await after.mirrorsCaughtUp()
  const kept = await places.office.query({ text: "select secret from mirror_farm_customers where name = 'told'" })
  expect(kept.rows).toEqual([{ secret: "hush" }])
  await before.as(system)("farm.Customer").create({ name: "for both", secret: "psst", rating: 3 })
  await Promise.all([before.mirrorsCaughtUp(), after.mirrorsCaughtUp()])
  await vi.waitFor(async () => {
    const { rows } = await places.office.query({
      text: "select secret, rating from mirror_farm_customers where name = 'for both'",
    })
    expect(rows).toEqual([{ secret: "psst", rating: "3" }])
  }, WAIT)
})

const grantOfAll = { kind: "grant", role: "farm.user", operations: ["read"], where: "all" }
