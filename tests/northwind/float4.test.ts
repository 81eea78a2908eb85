import fc from "fast-check"
import pg from "pg"
import { afterAll, beforeAll, expect, test } from "vitest"
import { float4ToDecimal } from "../../examples/company/northwind/float4.ts"
import { counted } from "../support/counts.ts"
import { testDatabase, type TestDatabase } from "../support/database.ts"

let database: TestDatabase
let client: pg.Client
beforeAll(async () => {
  database = await testDatabase("float4")
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

test("a real becomes the same decimal as in PostgreSQL", async () => {
  const value = fc.tuple(
    fc.integer({ min: 0, max: 999_998 }),
    fc.oneof(fc.integer({ min: 0, max: 99_999_999 }), fc.constantFrom(4, 24, 124, 624)),
    fc.boolean(),
  )
  const many = fc.array(value, { minLength: 1, maxLength: 500 })
  await fc.assert(
    fc.asyncProperty(many, async (parts) => {
      const texts = parts.map(([whole, part, negative]) => `${negative ? "-" : ""}${whole}.${part + 1}`)
      const { rows } = await client.query<{ decimal: string }>(
        "select trim_scale(x::real::numeric)::text as decimal from unnest($1::text[]) with ordinality u(x, n) order by n",
        [texts],
      )
      expect(texts.map(float4ToDecimal)).toEqual(rows.map(({ decimal }) => decimal))
    }),
    { numRuns: counted(50, 1_000) },
  )
})
