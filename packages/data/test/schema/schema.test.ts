import { contract, identity, model, resolveCatalog, type ContractDefinition } from "@archipel/core"
import { applyAdditive, checkSchema, type Database, openDatabase } from "@archipel/data"
import { afterAll, describe, expect, test } from "vitest"
import { testDatabase } from "../../../../tests/support/database.ts"
import { lab } from "./every-field.ts"

const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
})

async function database(): Promise<Database> {
  const made = await testDatabase("schema")
  const database = openDatabase({ connectionString: made.url })
  opened.push(made, database)
  return database
}
const catalogOf = (...contracts: readonly ContractDefinition[]) => resolveCatalog([identity.definition, ...contracts])

describe("a database made from a contract", () => {
  test("has nothing left to make, whatever the contract uses", async () => {
    const db = await database()
    const catalog = catalogOf(lab.definition)
    const { statements } = await applyAdditive(db, catalog, "lab")
    expect(statements.length).toBeGreaterThan(50)
    expect(await checkSchema(db, catalog, "lab")).toEqual({ missing: [], refused: [] })
  })
})
