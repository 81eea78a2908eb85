import {
  type AuthorisedQuery,
  authoriseQuery,
  evaluateGroups,
  evaluateQuery,
  type Principal,
  type Query,
  type ResolvedModel,
  rightsOf,
  sightOf,
  type Situation,
} from "@archipel/core"
import { applyAdditive, createReader, type Database, openDatabase, type Reader } from "@archipel/data"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { counted, propertySeed } from "../../../../tests/support/counts.ts"
import { testDatabase } from "../../../../tests/support/database.ts"
import { type Random, seededRandom } from "./random.ts"
import { randomGroupQuery, randomPageQuery } from "./random-query.ts"
import { NOW, randomDataset, randomPrincipal, type RandomService, randomService, SERVICE } from "./random-service.ts"
import { store } from "./stored.ts"

const SERVICES = counted(5, 40)
const QUERIES = counted(60, 150)

const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
})

interface World {
  readonly service: RandomService
  readonly models: readonly ResolvedModel[]
  readonly reader: Reader
  readonly situation: (principal: Principal) => Situation
}

async function world(seed: number): Promise<World> {
  const random = seededRandom(seed)
  const service = randomService(random)
  const models = [...service.catalog.models.values()].filter((m) => m.service === SERVICE)
  const made = await testDatabase("reader")
  const database: Database = openDatabase({ connectionString: made.url })
  opened.push(made, database)
  await applyAdditive(database, service.catalog, SERVICE)
  const dataset = randomDataset(random, service)
  await store(database, models, dataset)
  const reader = createReader({ database, secret: "a secret for the cursors of tests", maxPlans: 50 })
  const situation = (principal: Principal) => ({ ...service, principal, now: NOW, dataset })
  return { service, models, reader, situation }
}

/** Choices that fast-check shrinks. */
const fromGen = (g: fc.GeneratorValue): Random => ({ integer: (min, max) => g(fc.integer, { min, max }) })

const authorise = ({ service }: World, principal: Principal, query: Query): AuthorisedQuery =>
  authoriseQuery(rightsOf(service.definition, principal), principal, query)

const rowsOf = (data: string) => withoutEmptyMasks(JSON.parse(data)) as Record<string, unknown>[]

/** That nothing is masked is said where something could be; the evaluator knows only what is. */
function withoutEmptyMasks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyMasks)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => name !== "_masked" || (inner as unknown[]).length > 0)
      .map(([name, inner]) => [name, withoutEmptyMasks(inner)]),
  )
}

/** A model that the principal may read, or undefined. */
function visibleModel(random: Random, { models }: World, situation: Situation): ResolvedModel | undefined {
  const sight = sightOf(situation)
  const visible = models.filter((model) => sight.model(model))
  return visible[random.integer(0, Math.max(0, visible.length - 1))]
}

async function allPages(made: World, principal: Principal, query: Query, backward: boolean): Promise<unknown[]> {
  const pages: Record<string, unknown>[][] = []
  let at: Partial<Query> = backward ? { last: true } : {}
  for (let i = 0; i < 100; i++) {
    const page = await made.reader.page(authorise(made, principal, { ...query, ...at }), { now: NOW })
    const rows = rowsOf(page.data)
    if (backward) pages.unshift(rows)
    else pages.push(rows)
    expect(rows.length).toBeLessThanOrEqual(query.limit ?? 100)
    const cursor = backward ? page.previous : page.next
    if (cursor === null) return pages.flat()
    at = backward ? { before: cursor } : { after: cursor }
  }
  throw new Error("The pages do not end.")
}

describe.each(Array.from({ length: SERVICES }, (_, i) => (propertySeed + i * 7919) % 0x7fff_ffff))(
  "service %i",
  (seed) => {
    let cached: Promise<World> | undefined
    const prepared = () => (cached ??= world(seed))
    const check = (numRuns: number, property: (random: Random, made: World) => Promise<void>) => async () => {
      const made = await prepared()
      await fc.assert(
        fc.asyncProperty(fc.gen(), async (g) => property(fromGen(g), made)),
        { numRuns, seed, endOnFailure: true },
      )
    }

    test(
      "pages joined in either direction are what the evaluator finds, and so are the count and the export",
      check(QUERIES, async (random, made) => {
        const principal = randomPrincipal(random)
        const situation = made.situation(principal)
        const model = visibleModel(random, made, situation)
        if (!model) return
        const query = randomPageQuery(random, model, sightOf(situation))
        const limit = random.integer(1, 6)
        const expected = evaluateQuery(query, situation)
        const whole = await made.reader.page(
          authorise(made, principal, { ...query, limit: 1000, count: random.integer(0, 1) ? "exact" : "estimate" }),
          { now: NOW },
        )
        expect(JSON.stringify(rowsOf(whole.data))).toBe(JSON.stringify(expected))
        expect(whole.count).toBe(expected.length)
        expect(await allPages(made, principal, { ...query, limit }, false)).toEqual(expected)
        expect(await allPages(made, principal, { ...query, limit }, true)).toEqual(expected)
        const exported: string[] = []
        for await (const batch of made.reader.export(authorise(made, principal, query), { now: NOW, batchRows: 3 }))
          exported.push(...batch)
        expect(rowsOf(`[${exported.join(",")}]`)).toEqual(expected)
        const [first] = expected
        if (!first) return
        const one = await made.reader.page(
          authorise(made, principal, { ...query, where: { and: [query.where ?? {}], id: first["id"] } }),
          { now: NOW },
        )
        expect(rowsOf(one.data)).toEqual([first])
      }),
    )

    test(
      "groups are the fold of the rows that the evaluator finds",
      check(QUERIES, async (random, made) => {
        const principal = randomPrincipal(random)
        const situation = made.situation(principal)
        const model = visibleModel(random, made, situation)
        if (!model) return
        const query = randomGroupQuery(random, model, sightOf(situation))
        const page = await made.reader.page(authorise(made, principal, query), { now: NOW })
        expect(JSON.stringify(JSON.parse(page.data))).toBe(JSON.stringify(evaluateGroups(query, situation)))
      }),
    )

    test(
      "another role never takes a row or a cell away",
      check(counted(40, 200), async (random, made) => {
        const principal = randomPrincipal(random)
        const model = visibleModel(random, made, made.situation(principal))
        if (!model) return
        const more = { ...principal, roles: ["a", "b", "c"].map((role) => `${SERVICE}.${role}`) }
        const query = { model: model.name, limit: 1000, archived: "any" } as const
        const before = rowsOf((await made.reader.page(authorise(made, principal, query), { now: NOW })).data)
        const after = rowsOf((await made.reader.page(authorise(made, more, query), { now: NOW })).data)
        const byId = new Map(after.map((row) => [row["id"], row]))
        for (const { _masked: masked = [], ...row } of before) {
          const seen = Object.entries(row).filter(([name]) => !(masked as string[]).includes(name))
          expect(byId.get(row["id"])).toMatchObject(Object.fromEntries(seen))
        }
      }),
    )
  },
)
