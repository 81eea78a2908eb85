import {
  type AccessInquiry,
  authoriseQuery,
  type Catalog,
  evaluateGroups,
  evaluateQuery,
  explainAccess,
  type Principal,
  type Query,
  type ResolvedModel,
  resolveService,
  rightsOf,
  type ServiceDefinition,
  sightOf,
  type Situation,
  systemPrincipal,
} from "@archipel/core"
import {
  applyAdditive,
  createReader,
  type Database,
  holdingConditions,
  openDatabase,
  type Reader,
} from "@archipel/data"
import fc from "fast-check"
import { afterAll, describe, expect, test } from "vitest"
import { pick, type Random, seededRandom } from "../../packages/data/test/read/random.ts"
import { randomGroupQuery, randomPageQuery } from "../../packages/data/test/read/random-query.ts"
import {
  NOW,
  randomDataset,
  randomPrincipal,
  type RandomService,
  randomService,
  SERVICE,
} from "../../packages/data/test/read/random-service.ts"
import { randomWhere } from "../../packages/data/test/read/random-where.ts"
import { store } from "../../packages/data/test/read/stored.ts"
import { counted, propertySeed } from "../support/counts.ts"
import { testDatabase } from "../support/database.ts"

const SERVICES = counted(3, 25)
/** Triples of rules, rows and a question, in each property. */
const TRIPLES = counted(60, 240)

const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
})

interface World {
  readonly service: RandomService
  readonly models: readonly ResolvedModel[]
  readonly reader: Reader
  readonly database: Database
  situation(principal: Principal, logics?: Situation["logics"]): Situation
}

const readerOf = (database: Database): Reader =>
  createReader({ database, secret: "a secret for the cursors of tests", maxPlans: 50 })

async function world(seed: number): Promise<World> {
  const random = seededRandom(seed)
  const service = randomService(random)
  const models = [...service.catalog.models.values()].filter((m) => m.service === SERVICE)
  const made = await testDatabase("rights")
  const database = openDatabase({ connectionString: made.url })
  opened.push(made, database)
  await applyAdditive(database, service.catalog, SERVICE)
  const dataset = randomDataset(random, service)
  await store(database, models, dataset)
  const reader = readerOf(database)
  const { catalog } = service
  return {
    service,
    models,
    reader,
    database,
    situation: (principal, logics = service.logics) => ({ catalog, logics, principal, now: NOW, dataset }),
  }
}

const fromGen = (g: fc.GeneratorValue): Random => ({ integer: (min, max) => g(fc.integer, { min, max }) })
type Row = Readonly<Record<string, unknown>>

async function rowsOf(made: World, definition: ServiceDefinition, principal: Principal, query: Query): Promise<Row[]> {
  const authorised = authoriseQuery(rightsOf(definition, principal), principal, query)
  return JSON.parse((await made.reader.page(authorised, { now: NOW })).data) as Row[]
}

/** The cells that may be seen: by record, each field with its text. */
function cellsOf(rows: readonly Row[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  return new Map(
    rows.map(({ _masked: masked = [], ...row }) => {
      const seen = Object.entries(row).filter(([name]) => !(masked as readonly string[]).includes(name))
      return [row["id"] as string, new Map(seen.map(([name, value]) => [name, JSON.stringify(value)]))]
    }),
  )
}

/** That every cell of the one is one of the other. */
function expectWithin(less: readonly Row[], more: readonly Row[]): void {
  const all = cellsOf(more)
  for (const [id, cells] of cellsOf(less)) {
    for (const [name, value] of cells) expect([id, name, all.get(id)?.get(name)]).toEqual([id, name, value])
  }
}

/** A model that the principal may read. */
function readable(random: Random, { models }: World, situation: Situation): ResolvedModel | undefined {
  const sight = sightOf(situation)
  const seen = models.filter((model) => sight.model(model))
  return seen.length === 0 ? undefined : pick(random, seen)
}

const everything = (model: ResolvedModel): Query => ({ model: model.name, limit: 1000, archived: "any" })
const redefined = (made: World, catalog: Catalog, logics: Situation["logics"]): ServiceDefinition =>
  resolveService(made.service.definition.contract, logics, catalog)

describe.each(Array.from({ length: SERVICES }, (_, i) => (propertySeed + i * 6151) % 0x7fff_ffff))(
  "random service %i",
  (seed) => {
    let cached: Promise<World> | undefined
    const property = (run: (random: Random, made: World, principal: Principal) => Promise<void>) => async () => {
      const made = await (cached ??= world(seed))
      await fc.assert(
        fc.asyncProperty(fc.gen(), async (g) => {
          const random = fromGen(g)
          await run(random, made, randomPrincipal(random))
        }),
        { numRuns: TRIPLES, seed, endOnFailure: true },
      )
    }

    test(
      "what SQL answers is what the plain evaluator finds, and its count the number of these records",
      property(async (random, made, principal) => {
        const situation = made.situation(principal)
        const model = readable(random, made, situation)
        if (!model) return
        const query: Query = { ...randomPageQuery(random, model, sightOf(situation)), limit: 1000, count: "exact" }
        const authorised = authoriseQuery(rightsOf(made.service.definition, principal), principal, query)
        const page = await made.reader.page(authorised, { now: NOW })
        const expected = evaluateQuery(query, situation)
        expect((JSON.parse(page.data) as Row[]).map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
        expect(page.count).toBe(expected.length)
      }),
    )

    test(
      "groups and aggregates are the fold of the records that may be read",
      property(async (random, made, principal) => {
        const situation = made.situation(principal)
        const model = readable(random, made, situation)
        if (!model) return
        const query = randomGroupQuery(random, model, sightOf(situation))
        const groups = await rowsOf(made, made.service.definition, principal, query)
        expect(JSON.stringify(groups)).toBe(JSON.stringify(evaluateGroups(query, situation)))
      }),
    )

    test(
      "one more role never takes a cell away",
      property(async (random, made, principal) => {
        const model = readable(random, made, made.situation(principal))
        if (!model) return
        const more = {
          ...principal,
          roles: [...new Set([...principal.roles, `${SERVICE}.${pick(random, ["a", "b", "c"])}`])],
        }
        const { definition } = made.service
        const query = everything(model)
        expectWithin(await rowsOf(made, definition, principal, query), await rowsOf(made, definition, more, query))
      }),
    )

    test(
      "one more restriction never adds a cell",
      property(async (random, made, principal) => {
        const model = readable(random, made, made.situation(principal))
        if (!model) return
        const { catalog, logics, definition } = made.service
        const restriction = { kind: "restrict", where: randomWhere(random, { model, depth: 1, size: 2 }), why: "more" }
        const restricted = [...logics, { model: model.name, statements: [restriction] as never }]
        const query = everything(model)
        // Plans are one definition's.
        const others = { ...made, reader: readerOf(made.database) }
        const fewer = await rowsOf(others, redefined(made, catalog, restricted), principal, query)
        expectWithin(fewer, await rowsOf(made, definition, principal, query))
        const situation = made.situation(principal, restricted)
        expect(fewer.map(({ id }) => id)).toEqual(evaluateQuery(query, situation).map(({ id }) => id))
      }),
    )

    test(
      "who acts for a user, and a company that is left out, never add a cell",
      property(async (random, made, { actor, ...alone }) => {
        const other = randomPrincipal(random)
        const acted: Principal = { ...alone, actor: actor ?? { ...other, kind: "service", id: "other" } }
        const model = readable(random, made, made.situation(acted))
        if (!model) return
        const query = everything(model)
        const { definition } = made.service
        const both = await rowsOf(made, definition, acted, query)
        expectWithin(both, await rowsOf(made, definition, alone, query))
        const own = { ...acted, claims: { ...acted.claims, companies: [] } }
        expectWithin(await rowsOf(made, definition, own, query), both)
      }),
    )

    test(
      "T32: an explanation of reading agrees with what is read",
      property(async (random, made, principal) => {
        const model = pick(random, made.models)
        const record = made.situation(principal).dataset.records(model.name)[random.integer(0, 13)]
        if (!record) return
        const id = record["id"] as string
        const asker = systemPrincipal("a test")
        const question = { model: model.name, operation: "read", id }
        const inquiry: AccessInquiry = explainAccess(made.service.definition, asker, principal, question)
        const asked = { model, id, conditions: inquiry.conditions, principal, now: NOW }
        const { decision, fields } = inquiry.conclude((await holdingConditions(made.database, asked)) ?? null)
        const sight = sightOf(made.situation(principal))
        const isSeen = sight.model(model) && sight.record(model, record)
        expect(decision).toBe(isSeen ? "allowed" : sight.model(model) ? "not_found" : "denied")
        for (const { name } of model.columns)
          expect([name, fields[name]?.read]).toEqual([name, isSeen && sight.cell(model, record, name) ? "yes" : "no"])
      }),
    )
  },
)
