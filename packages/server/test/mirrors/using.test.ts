import { type Id, type Principal, type Query, systemPrincipal } from "@archipel/core"
import type { Page } from "@archipel/data"
import { testService, type TestApp } from "@archipel/server/test"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { ServiceRuntime } from "../../src/service-runtime.ts"
import { context, farmService, type Grounds, grounds, officeService, who } from "./farm-and-office.ts"

const system = systemPrincipal("test")
const clerk = who("office.clerk")
let places: Grounds
let office: ServiceRuntime
let app: TestApp

interface Customer {
  readonly id: string
  readonly name: string
  readonly rating: number | null
  readonly code: string | null
  readonly region: string | null
}
const customers: Customer[] = []
const orders: { readonly number: number; readonly customer: Customer | undefined }[] = []

beforeAll(async () => {
  places = await grounds()
  const running = await places.open()
  const db = running.as(system)
  const north = (await db("farm.Region").create({ name: "North" })).id
  const country = async (code: string, region: Id<"farm.Region"> | null) => ({
    id: (await db("farm.Country").create({ name: `Land of ${code}`, code, region })).id,
    code,
    region: region === null ? null : "North",
  })
  const countries = [await country("FR", null), await country("DK", north), await country("NO", north)]
  for (const [i, name] of ["Zoë", "acme", "Åse", "Acme", "müller", "Acme"].entries()) {
    const at = countries[i % 4]
    const rating = i === 2 ? null : i
    const { id } = await db("farm.Customer").create({ name, rating, country: at?.id ?? null, credit: `${i}.500` })
    customers.push({ id, name, rating, code: at?.code ?? null, region: at?.region ?? null })
  }
  for (let number = 0; number < 30; number++) {
    const customer = customers[number % 7]
    await db("office.Order").create({ number, customer: (customer?.id as Id<"farm.Customer">) ?? null })
    orders.push({ number, customer })
  }
  await running.mirrorsCaughtUp()
  office = running.services.get("office") as ServiceRuntime
  app = await testService([farmService, officeService])
})
afterAll(async () => {
  await app.close()
  await places[Symbol.asyncDispose]()
})

const page = (query: Omit<Query, "model">, as: Principal = clerk): Promise<Page> =>
  office.query(as, { model: "office.Order", ...query }, context)
const numbers = async (query: Omit<Query, "model">, as?: Principal): Promise<number[]> =>
  (JSON.parse((await page({ select: ["number"], ...query }, as)).data) as { number: number }[]).map((row) => row.number)
const those = (holds: (customer: Customer | undefined) => boolean): number[] =>
  orders.filter(({ customer }) => holds(customer)).map(({ number }) => number)

/** By code point, empty values last. */
const by =
  (value: (customer: Customer) => string | number | null) =>
  (a: (typeof orders)[number], b: (typeof orders)[number]): number => {
    const [left, right] = [a, b].map(({ customer }) => (customer ? value(customer) : null))
    if (left === right) return 0
    if (left == null) return 1
    if (right == null) return -1
    return left < right ? -1 : 1
  }

describe("conditions", () => {
  test.each([
    ["a field", { customer: { name: "Acme" } }, (c?: Customer) => c?.name === "Acme"],
    ["a part of it", { customer: { name: { contains: "M" } } }, (c?: Customer) => /m/i.test(c?.name ?? "")],
    [
      "two steps",
      { customer: { country: { code: { in: ["FR", "NO"] } } } },
      (c?: Customer) => ["FR", "NO"].includes(c?.code ?? ""),
    ],
    ["three steps", { customer: { country: { region: { name: "North" } } } }, (c?: Customer) => c?.region === "North"],
    ["no such thing", { not: { customer: { country: { code: "FR" } } } }, (c?: Customer) => c?.code !== "FR"],
    [
      "one empty on the way",
      { customer: { country: { isSet: false } } },
      (c?: Customer) => c !== undefined && c.code === null,
    ],
    [
      "several of a record",
      { customer: { or: [{ rating: { gte: 4 } }, { country: { code: "DK" }, not: { name: "x" } }] } },
      (c?: Customer) => (c?.rating ?? 0) >= 4 || c?.code === "DK",
    ],
    ["an exact number", { customer: { credit: "4.500" } }, (c?: Customer) => c?.rating === 4],
  ] as const)("on %s", async (_, where, holds) => {
    expect((await numbers({ where, orderBy: ["number"] })).toSorted((a, b) => a - b)).toEqual(those(holds))
  })
})

describe("orders", () => {
  test("by a field, with all of what has none at the end, page after page", async () => {
    const expected = orders.toSorted((a, b) => by((c) => c.name)(a, b) || a.number - b.number)
    const all: number[] = []
    for (let after: string | null | undefined; after !== null; ) {
      const asked = { select: ["number"], orderBy: ["customer.name", "number"], limit: 7 }
      const answer: Page = await page({ ...asked, ...(after === undefined ? {} : { after }) })
      all.push(...(JSON.parse(answer.data) as { number: number }[]).map((row) => row.number))
      after = answer.next
    }
    expect(all).toEqual(expected.map(({ number }) => number))
  })

  test("two steps deep, descending", async () => {
    const expected = orders.toSorted((a, b) => -by((c) => c.code)(a, b) || a.number - b.number)
    expect(await numbers({ orderBy: ["-customer.country.code", "number"] })).toEqual(
      expected.map(({ number }) => number),
    )
  })
})

describe("groups", () => {
  test("by a field two steps away", async () => {
    const { data } = await page({
      group: ["customer.country.code"],
      aggregates: { orders: "count", top: "max(customer.rating)" },
    })
    const expected = [...Map.groupBy(orders, ({ customer }) => customer?.code ?? null)]
      .map(([code, some]) => ({
        "customer.country.code": code,
        orders: some.length,
        top: Math.max(...some.map(({ customer }) => customer?.rating ?? -1)),
      }))
      .toSorted((a, b) => ((a["customer.country.code"] ?? "~") < (b["customer.country.code"] ?? "~") ? -1 : 1))
    expect(JSON.parse(data)).toEqual(expected.map((group) => ({ ...group, top: group.top < 0 ? null : group.top })))
  })

  test("by a reference that is mirrored, with the title that its owner shows", async () => {
    const { data } = await page({ group: ["customer.country"] })
    const groups = JSON.parse(data) as { "customer.country": { id: string; title: unknown } | null }[]
    expect(groups).toHaveLength(4)
    for (const { "customer.country": country } of groups) if (country) expect(country.title).toBeNull()
    const seen = JSON.parse(
      (await page({ group: ["customer.country"] }, who("office.clerk", "farm.user"))).data,
    ) as typeof groups
    expect(seen.map((group) => group["customer.country"]?.title ?? null).toSorted()).toEqual([
      "Land of DK",
      "Land of FR",
      "Land of NO",
      null,
    ])
  })
})

describe("rights", () => {
  test("who may not use a mirrored field is answered as if there were none", async () => {
    for (const query of [
      { orderBy: ["customer.rating"] },
      { where: { customer: { rating: 1 } } },
      { group: ["customer.rating"] },
      { aggregates: { top: "max(customer.rating)" } },
    ]) {
      await expect(page(query, who("office.names"))).rejects.toMatchObject({
        code: "query.unknown_field",
        details: { model: "farm.Customer", field: "rating" },
      })
    }
    expect(await numbers({ where: { customer: { name: "Zoë" } } }, who("office.names"))).not.toEqual([])
  })

  test("a rule may look at what is mirrored, whoever may use it himself", async () => {
    const french = who("office.french")
    expect((await numbers({}, french)).toSorted((a, b) => a - b)).toEqual(those((c) => c?.code === "FR"))
    await expect(page({ orderBy: ["customer.name"] }, french)).rejects.toMatchObject({ code: "query.unknown_field" })
    const [mine, other] = await Promise.all(
      [those((c) => c?.code === "FR")[0], those((c) => c?.code === "DK")[0]].map(async (number) => {
        const { data } = await page({ select: ["id"], where: { number: number as number } })
        return (JSON.parse(data) as { id: string }[])[0]?.id as string
      }),
    )
    const update = (id: string) =>
      office.change(french, { operation: "update", model: "office.Order", id, values: { note: "seen" } }, context)
    await update(mine as string)
    await expect(update(other as string)).rejects.toMatchObject({ code: "record.not_found" })
  })

  test("the owner tells a service alone, and nothing of what it may not read in every row", async () => {
    const farm = (await places.open([farmService])).services.get("farm") as ServiceRuntime
    const service: Principal = { ...who("farm.user"), kind: "service", id: "office" }
    const ask = (as: Principal, field: string) =>
      farm.mirror(as, { models: [{ model: "farm.Customer", fields: [field] }], cursor: null, limit: 10 }, context)
    expect((await ask(service, "name")).parts[0]?.records).toHaveLength(6)
    await expect(ask(service, "secret")).rejects.toMatchObject({ code: "query.unknown_field" })
    await expect(ask({ ...service, roles: [] }, "name")).rejects.toMatchObject({ code: "access.denied" })
    await expect(ask(who("farm.user"), "name")).rejects.toMatchObject({ code: "access.denied" })
    const wrong = { models: [{ model: "farm.Customer", fields: ["name"] }], cursor: null, limit: 501 }
    await expect(farm.mirror(service, wrong, context)).rejects.toMatchObject({ code: "request.invalid" })
  })
})

describe("over HTTP", () => {
  test("an answer says how old what decided it is, and only then", async () => {
    const { id } = await app.db("farm.Customer").create({ name: "Acme" })
    await app.db("office.Order").create({ number: 1, customer: id })
    await app.mirrored()
    const http = app.http({ roles: ["office.clerk", "farm.user"] })
    const ordered = await http(
      "/api/office/orders?orderBy=customer.name&customer.name=Acme&select=number,customer.name",
    )
    expect(await ordered.json()).toMatchObject({ data: [{ number: 1, customer: { name: "Acme" } }] })
    expect(ordered.headers.get("archipel-mirror")).toMatch(/^farm\.Customer;as-of="\d{4}-\d\d-\d\dT[\d:.]+Z"$/)
    const grouped = await http("/api/office/orders/$query", {
      method: "POST",
      body: { group: ["customer.country.code"] },
    })
    expect(grouped.headers.get("archipel-mirror")).toContain("farm.Customer")
    const plain = await http("/api/office/orders?select=number,customer.name")
    expect(plain.headers.get("archipel-mirror")).toBeNull()
    expect((await http("/api/office/orders?orderBy=customer.secret")).status).toBe(400)
  })

  test("user interfaces are told what may be used behind a reference, by whom", async () => {
    const mirrored = async (role: string) => {
      const answer = await app.http({ roles: [role] })("/api/office/orders/$ui")
      return ((await answer.json()) as { fields: { customer: { mirrored?: string[] } } }).fields.customer.mirrored
    }
    expect(await mirrored("office.clerk")).toEqual([
      "name",
      "rating",
      "credit",
      "since",
      "tags",
      "country",
      "country.code",
      "country.region",
      "country.region.name",
      "parent",
      "parent.name",
    ])
    expect(await mirrored("office.names")).toEqual(["name"])
    expect(await mirrored("office.french")).toBeUndefined()
  })

  test("readiness tells how the mirrors stand", async () => {
    const answer = (await (await app.http()("/readyz")).json()) as { mirrors: object[] }
    expect(answer.mirrors).toEqual([
      {
        service: "office",
        model: "farm.Customer",
        asOf: expect.any(String),
        lagSeconds: expect.any(Number),
        error: null,
      },
    ])
  })
})
