/** Whatever the contract: what is made is what was asked for, and names fit. */
import {
  type ArchipelError,
  bigint,
  bool,
  choice,
  contract,
  type ContractDefinition,
  date,
  datetime,
  decimal,
  identity,
  integer,
  json,
  manyToMany,
  model,
  money,
  one,
  resolveCatalog,
  snakeCase,
  text,
  uuid,
} from "@archipel/core"
import { applyAdditive, checkSchema, desiredSchema, openDatabase, schemaMeaning } from "@archipel/data"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { counted } from "../../../../tests/support/counts.ts"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"

const nothing = { missing: [], refused: [] }
let made: TestDatabase
beforeAll(async () => {
  made = await testDatabase("any_contract")
})
afterAll(() => made.drop())

const digits = (count: number) => fc.stringMatching(new RegExp(`^[1-9][0-9]{0,${count - 1}}$`))
const signed = (count: number) => fc.tuple(fc.constantFrom("", "-"), digits(count)).map((parts) => parts.join(""))
const word = fc.stringMatching(/^[A-Za-z0-9 '"\\%_$é€:;(){}-]{0,12}$/)
const instant = fc
  .date({ min: new Date("1900-01-01"), max: new Date("2100-01-01"), noInvalidDate: true })
  .map((moment) => moment.toISOString())
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined })

/** A field with some of the options that its type has. */
const field = fc.oneof(
  fc.record({ size: fc.integer({ min: 12, max: 600 }), value: maybe(word) }).map(({ size, value }) => {
    const made = text({ maxLength: size })
    return value === undefined ? made : made.default(value)
  }),
  fc
    .record({
      value: maybe(fc.integer({ min: -2147483648, max: 2147483647 })),
      limit: maybe(fc.integer({ min: -99, max: 99 })),
    })
    .map(({ value, limit }) => {
      const made = limit === undefined ? integer() : integer({ min: limit, max: limit + 5 })
      return value === undefined || limit !== undefined ? made : made.default(value)
    }),
  maybe(signed(18)).map((value) => (value === undefined ? bigint() : bigint().default(value))),
  fc
    .record({ scale: fc.integer({ min: 0, max: 6 }), whole: signed(9), fraction: fc.stringMatching(/^[0-9]{0,6}$/) })
    .map(({ scale, whole, fraction }) => decimal({ scale }).default(fraction === "" ? whole : `${whole}.${fraction}`)),
  fc.constantFrom("EUR", "JPY", "KWD").map((currency) => money({ currency })),
  fc.boolean().map((value) => bool().default(value)),
  maybe(instant).map((value) => (value === undefined ? datetime().default("now") : datetime().default(value))),
  instant.map((value) => date().default(value.slice(0, 10))),
  fc.uniqueArray(word, { minLength: 1, maxLength: 4 }).map((values) => choice(...values)),
  fc.uuid().map((value) => uuid().default(value.toUpperCase())),
  // Once V8 14.6 has parsed an object with the key "\\" it takes each key of one escaped character, in its place, for that one.
  fc
    .json({ depthSize: "small" })
    .filter((value) => !value.includes(String.raw`"\\":`))
    .map((value) => json().default(JSON.parse(value))),
)

const name = fc.stringMatching(/^x[A-Za-z0-9]{0,48}$/)
const contracts = fc
  .array(
    fc.record({
      fields: fc.uniqueArray(
        fc.record({ name, field, optional: fc.boolean(), indexed: fc.boolean(), unique: fc.boolean() }),
        {
          selector: (member) => member.name.toLowerCase(),
          maxLength: 6,
        },
      ),
      refersTo: fc.nat(3),
      onDelete: fc.constantFrom("restrict" as const, "cascade" as const, "clear" as const),
      archive: fc.boolean(),
      descending: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((drawn) => {
    const models = drawn.map(({ fields, refersTo, onDelete, archive, descending }, position) => {
      const target = `any.Model${refersTo % drawn.length}`
      const members = fields.map(({ name: own, field: plain, optional, indexed, unique }) => {
        const isText = plain.definition.type !== "json"
        let member = plain as ReturnType<typeof text>
        if (indexed && isText) member = member.index()
        if (unique && isText) member = member.unique()
        return [own, optional ? member.optional() : member] as const
      })
      const reference = one(target, { onDelete }).optional()
      const links = manyToMany(target)
      return [
        `Model${position}`,
        model(
          { ...Object.fromEntries(members), reference, links, day: date() },
          { archive, index: [[descending ? "-day" : "day", "reference"]], unique: [["reference", "day"]] },
        ),
      ] as const
    })
    return contract("any", { roles: [], models: Object.fromEntries(models) }).definition
  })

/** The first contract with what the second has besides. */
function extended(definition: ContractDefinition, other: ContractDefinition): ContractDefinition {
  const models = { ...definition.models }
  for (const [name, { members, ...rest }] of Object.entries(other.models)) {
    const own = models[name]
    const columns = new Set(Object.keys(own?.members ?? {}).map(snakeCase))
    const added = Object.entries(members).filter(([member]) => !columns.has(snakeCase(member)))
    models[name] = own ? { ...own, members: { ...own.members, ...Object.fromEntries(added) } } : { ...rest, members }
  }
  return { ...definition, models }
}

describe("any contract", () => {
  test(
    "makes a database with which it finds nothing left to do, also after another one",
    async () => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(contracts, contracts, fc.boolean(), async (definition, other, isExtension) => {
          const catalog = resolveCatalog([identity.definition, definition])
          const next = isExtension ? extended(definition, other) : other
          const nextCatalog = resolveCatalog([identity.definition, next])
          const schema = `run_${run++}`
          const admin = openDatabase({ connectionString: made.url })
          await using database = openDatabase({ connectionString: made.url, searchPath: schema })
          try {
            await admin.query({ text: `create schema ${schema}` })
            await admin.query({ text: "create schema if not exists archipel" })
            await admin.query({ text: "drop table if exists archipel.revisions" })
            await applyAdditive(database, catalog, "any")
            expect(await checkSchema(database, catalog, "any")).toEqual(nothing)
            // Another contract either fits afterwards, or is refused and nothing was done.
            const { refused } = await checkSchema(database, nextCatalog, "any")
            const applied = await applyAdditive(database, nextCatalog, "any").then(
              () => true,
              (error: ArchipelError) => {
                expect(error.code).toBe("schema.refused")
                return false
              },
            )
            expect(applied).toBe(refused.length === 0)
            if (isExtension) expect(refused).toEqual([])
            expect(await checkSchema(database, applied ? nextCatalog : catalog, "any")).toEqual(nothing)
          } finally {
            await admin.query({ text: `drop schema ${schema} cascade` })
            await admin.close()
          }
        }),
        { numRuns: counted(15, 300) },
      )
    },
    counted(120_000, 1_800_000),
  )

  test("gives every constraint a name of its own that PostgreSQL keeps, the same each time, with a meaning", () => {
    fc.assert(
      fc.property(contracts, (definition) => {
        const catalog = resolveCatalog([identity.definition, definition])
        const schema = desiredSchema(catalog, "any")
        const tables = schema.tables.filter(({ framework }) => !framework)
        const named = tables.flatMap((table) => [
          table.primaryKey,
          ...table.checks,
          ...table.foreignKeys,
          ...table.indexes,
        ])
        const all = [...named, ...tables].map((one) => one.name)
        expect(new Set(all).size).toBe(all.length)
        for (const one of all) expect(Buffer.byteLength(one)).toBeLessThanOrEqual(63)
        expect(desiredSchema(catalog, "any")).toEqual(schema)
        const meaning = schemaMeaning(catalog, "any", schema)
        for (const one of named) {
          const isPlainIndex = "method" in one && !("unique" in one)
          const said = meaning.constraint(one.name)
          expect(said === undefined).toBe(isPlainIndex)
          for (const field of said?.fields ?? []) {
            expect(catalog.models.get(said?.model ?? "")?.members.has(field)).toBe(true)
          }
        }
      }),
      { numRuns: counted(50, 1_000) },
    )
  })
})
