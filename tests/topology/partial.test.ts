import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { systemPrincipal } from "@archipel/core"
import { open, type Program } from "@archipel/server"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { noLog } from "../../packages/server/src/log.ts"
import { identityService } from "@archipel/identity"
import { type Answer, type Ask, asksOf } from "../support/asking.ts"
import { created } from "../support/company.ts"
import { testDatabase } from "../support/database.ts"
import { openIslands } from "../support/islands.ts"
import { type SeverableWay, severableWay } from "../support/severable.ts"
import { services as voyages } from "./voyages.ts"

/** While a service is away, others answer what they can, and say what is missing. */
const system = systemPrincipal("a test")
const BACK_MS = 20_000
const services = [identityService(), ...voyages]

describe.each([
  ["in one process", open],
  ["apart", openIslands],
] as const)("services %s", (_, begin) => {
  const stack = new AsyncDisposableStack()
  const ways = new Map<string, SeverableWay>()
  let program: Program
  let ask: Ask
  let sailor: string
  let ship: string
  let voyage: string

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), "archipel-partial-"))
    stack.defer(() => rm(directory, { recursive: true, force: true }))
    const env: Record<string, string> = {}
    for (const { name } of services) {
      const database = stack.use(await testDatabase(`partial_${name}`))
      const way = stack.use(await severableWay(database.url))
      ways.set(name, way)
      env[`DATABASE_URL_${name.toUpperCase()}`] = way.url
    }
    program = stack.use(
      await begin(services, { port: 0, host: "127.0.0.1", dataDirectory: directory, env, log: noLog }),
    )
    ask = asksOf(program.url)
    sailor = (await created(ask, "/api/crews/sailors", { name: "Ada" })).id
    ship = (await created(ask, "/api/ships/ships", { name: "Argo", tons: 30, captain: sailor })).id
    await created(ask, "/api/ships/ropes", { ship, metres: 7 })
    const legs = [{ port: "Brest", pilot: sailor }, { port: "Cork" }]
    voyage = (await created(ask, "/api/voyages/voyages", { code: "V1", ship, pilot: sailor, legs })).id
  }, 120_000)
  afterAll(() => stack[Symbol.asyncDispose]())

  const select =
    "select=code,ship.name,ship.tons,ship.captain.name,ship.ropes.metres,pilot.name,legs.port,legs.pilot.name"
  const list = `/api/voyages/voyages?${select}`
  const isWhole = ({ status, json, headers }: Answer): boolean =>
    status === 200 && json.partial === undefined && headers.get("archipel-partial") === null

  /** Asks while the ways to these services' databases are cut, and waits until all is well again. */
  async function without<T>(names: readonly string[], run: () => Promise<T>): Promise<T> {
    for (const name of names) ways.get(name)?.cut()
    try {
      return await run()
    } finally {
      for (const name of names) ways.get(name)?.mend()
      await expect.poll(async () => isWhole(await ask(list)), { timeout: BACK_MS }).toBe(true)
    }
  }

  const argo = { name: "Argo", tons: 30, ropes: [{ metres: 7 }] }
  const ada = { name: "Ada" }
  const away = { name: null, _unavailable: true }
  const expectPartial = (answer: Answer, missing: readonly string[]): void => {
    const { status, headers, text } = answer
    expect([status, text.slice(0, 500)]).toEqual([200, text.slice(0, 500)])
    expect(headers.get("archipel-partial")).toBe(missing.join(", "))
    expect(headers.get("cache-control")).toBe("no-store")
    expect(headers.get("etag")).toBeNull()
  }

  test("a page shows what there is, marks what there is not, and names who is away", async () => {
    const whole = await ask(list)
    expect(isWhole(whole)).toBe(true)
    expect(whole.json.data[0]).toMatchObject({
      ship: { ...argo, captain: ada },
      pilot: ada,
      legs: [{ pilot: ada }, {}],
    })
    expect(whole.text).not.toContain("_unavailable")

    const answer = await without(["ships"], () => ask(list))
    expectPartial(answer, ["ships"])
    expect(answer.json.partial).toEqual({ services: ["ships"] })
    expect(answer.json.data[0]).toMatchObject({ code: "V1", pilot: ada, legs: [{ port: "Brest", pilot: ada }, {}] })
    expect(answer.json.data[0].ship).toEqual({
      id: ship,
      name: null,
      tons: null,
      captain: null,
      ropes: [],
      _unavailable: true,
    })
  })

  test("a service that answers partially itself is passed on as it says", async () => {
    const answer = await without(["crews"], () => ask(list))
    expectPartial(answer, ["crews"])
    expect(answer.json.partial).toEqual({ services: ["crews"] })
    expect(answer.json.data[0]).toMatchObject({
      ship: { ...argo, captain: { id: sailor, ...away } },
      pilot: { id: sailor, ...away },
      legs: [
        { port: "Brest", pilot: { id: sailor, ...away } },
        { port: "Cork", pilot: null },
      ],
    })
    const both = await without(["crews", "ships"], () => ask(list))
    expect(both.json.partial).toEqual({ services: ["crews", "ships"] })
  })

  test("a query as a body, a record and groups say it as well", async () => {
    const query = { select: ["code", "ship.name"], count: "exact" }
    const [page, record, groups] = await without(["ships"], () =>
      Promise.all([
        ask("/api/voyages/voyages/$query", { body: query }),
        ask(`/api/voyages/voyages/${voyage}?select=code,version,ship.name`),
        ask("/api/voyages/voyages?group=ship,pilot&aggregates=n:count"),
      ]),
    )
    expectPartial(page as Answer, ["ships"])
    expect(page?.json).toMatchObject({ data: [{ ship: away }], count: 1, partial: { services: ["ships"] } })
    expectPartial(record as Answer, ["ships"])
    expect(record?.json).toEqual({ id: voyage, code: "V1", version: 1, ship: { id: ship, ...away } })
    expectPartial(groups as Answer, ["ships"])
    expect(groups?.json).toMatchObject({
      data: [{ ship: { id: ship, title: null, _unavailable: true }, pilot: { id: sailor, title: "Ada" }, n: 1 }],
      partial: { services: ["ships"] },
    })
    const whole = await ask(`/api/voyages/voyages/${voyage}?select=code,version,ship.name`)
    expect([whole.headers.get("etag"), whole.headers.get("archipel-partial")]).toEqual(['"1"', null])
  })

  test("nobody is missed who is not asked, and what may not be seen is not away", async () => {
    const plain = await without(["ships", "crews"], () => ask("/api/voyages/voyages?select=code,ship,legs.port"))
    expect([plain.status, plain.json.partial, plain.json.data[0].ship]).toEqual([200, undefined, ship])
    const path = "/api/voyages/voyages?select=ship.nosuch"
    expect((await ask(path)).json.code).toBe("query.unknown_field")
  })

  const expectAway = ({ status, json, headers }: Answer, service: string): void => {
    expect([status, json.code, json.details.service]).toEqual([503, "service.unavailable", service])
    expect(headers.get("retry-after")).toMatch(/^[1-9]\d*$/)
  }

  test("a condition that cannot be asked is no condition to leave out", async () => {
    const [filtered, nested, counts] = await without(["ships"], () =>
      Promise.all([
        ask("/api/voyages/voyages?ship.name=Argo&select=code"),
        ask('/api/voyages/voyages?where={"not":{"ship":{"captain":{"name":"x"}}}}'),
        ask("/api/voyages/voyages?ship.tons[gt]=1&aggregates=n:count"),
      ]),
    )
    for (const answer of [filtered, nested, counts]) expectAway(answer as Answer, "ships")
    expectAway(await without(["crews"], () => ask("/api/voyages/voyages?ship.captain.name=Ada")), "crews")
  })

  test("a file is whole or none", async () => {
    for (const format of ["csv", "ndjson"])
      expectAway(
        await without(["ships"], () => ask(`/api/voyages/voyages/$export?format=${format}&select=code,ship.name`)),
        "ships",
      )
  })

  test("what is written is whole or nothing", async () => {
    const body = { code: "V2", ship }
    expectAway(await without(["ships"], () => ask("/api/voyages/voyages", { body })), "ships")
    expectAway(
      await without(["ships"], () => ask(`/api/voyages/voyages/${voyage}/$rename`, { method: "POST" })),
      "ships",
    )
    const { json } = await ask("/api/voyages/voyages?select=code")
    expect(json.data).toEqual([{ id: voyage, code: "V1" }])
  })

  test("code gets all that it asks for, or the outage", async () => {
    const read = (path: "code" | "ship.name"): Promise<unknown> =>
      program.open
        .as(system)("voyages.Voyage")
        .find({ select: [path] })
    await without(["ships"], async () => {
      await expect(read("ship.name")).rejects.toMatchObject({
        code: "service.unavailable",
        details: { service: "ships" },
      })
      await expect(read("code")).resolves.toEqual([{ id: voyage, code: "V1" }])
    })
  })

  test("a service that cannot read its own records does not answer", async () => {
    const { status, json } = await without(["voyages"], () => ask(list))
    expect([status, json.code]).toEqual([503, "database.unavailable"])
  })

  test("descriptions tell of it", async () => {
    const { json } = await ask("/api/voyages/openapi.json")
    const { get } = json.paths["/api/voyages/voyages"]
    const [one, unknown, missing] = json.components.schemas.Voyage.properties.ship.anyOf
    expect([one.format, unknown.type, missing]).toEqual([
      "uuid",
      "object",
      { $ref: "#/components/schemas/UnavailableRecord" },
    ])
    expect(get.responses[200].headers).toHaveProperty("Archipel-Partial")
    expect(get.responses[200].content["application/json"].schema.properties.partial).toEqual({
      $ref: "#/components/schemas/PartialAnswer",
    })
    expect(json.components.schemas).toHaveProperty("PartialAnswer")
    expect(json.components.headers).toHaveProperty("ArchipelPartial")
  })
})
