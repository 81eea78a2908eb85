/** Ended at any statement, a migration goes on to the same database. */
import { choice, contract, decimal, identity, integer, model, one, resolveCatalog, text } from "@archipel/core"
import { applyAdditive, openDatabase } from "@archipel/data"
import { applyMigrations, type Migration } from "@archipel/data/migrate"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { counted, propertySeed } from "../../../../tests/support/counts.ts"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"
import { catalogueOf } from "./catalogue.ts"
import { type MigrationFolder, migrationFolder } from "./folder.ts"
import { severingProxy } from "./severing-proxy.ts"

const ROWS = 25
type Models = Parameters<typeof contract>[1]["models"]
const catalogOf = (models: Models) =>
  resolveCatalog([identity.definition, contract("ship", { roles: [], models }).definition])

const before = catalogOf({
  Port: model({ name: text(), country: text().optional() }),
  Voyage: model({ note: text(), port: one("ship.Port").optional(), tons: integer(), legacy: text().optional() }),
})
const after = catalogOf({
  Harbour: model({ name: text(), country: text().default("FR") }, { was: "Port" }),
  Voyage: model(
    {
      remark: text({ maxLength: 10 }).was("note").index(),
      port: one("ship.Harbour").optional(),
      tons: decimal(),
      state: choice("planned", "done").default("planned"),
    },
    { checks: { heavy: { tons: { gte: "0" } } }, unique: [["remark"]] },
  ),
})

let template: TestDatabase
let folder: MigrationFolder
let wanted: unknown
beforeAll(async () => {
  template = await testDatabase("crash")
  folder = migrationFolder("ship")
  folder.plan(before, "first")
  const database = openDatabase({ connectionString: template.url })
  await run(template.url, folder.read(), 1)
  await database.query({
    text: `insert into ports (id, name, version, created_at, updated_at)
      select gen_random_uuid(), 'Port ' || i, 1, now(), now() from generate_series(1, ${ROWS}) i`,
  })
  await database.query({
    text: `insert into voyages (id, note, port_id, tons, version, created_at, updated_at)
      select gen_random_uuid(), i || ' a long note', (select id from ports limit 1), i, 1, now(), now() from generate_series(1, ${ROWS}) i`,
  })
  await database.close()
  folder.plan(after, "second")
  await using fresh = await testDatabase("crash_fresh")
  await using made = openDatabase({ connectionString: fresh.url })
  await applyAdditive(made, after, "ship")
  wanted = await catalogueOf(made)
})
afterAll(async () => {
  folder[Symbol.dispose]()
  await template.drop()
})

async function run(url: string, migrations: readonly Migration[], batchRows = 10) {
  await using database = openDatabase({ connectionString: url })
  return await applyMigrations({
    target: { connectionString: url },
    database,
    service: "ship",
    migrations,
    contract: true,
    pace: { batchRows, rowsPerSecond: 1_000_000 },
    codeOf: () => () => Promise.reject(new TypeError("no step is code")),
  })
}

/** Migrations that are broken at the same time. */
const AT_ONCE = 4

/** Runs until the connection breaks, then again to the end. */
async function brokenAt(statement: number, delivered: boolean): Promise<number> {
  await using made = await testDatabase("crash", template.name)
  const migrations = folder.read()
  let count = 0
  {
    await using proxy = await severingProxy(made.url, statement, delivered)
    const outcome = await run(proxy.url, migrations).then(
      () => "done",
      () => "broken",
    )
    expect(outcome).toBe(statement === 0 ? "done" : "broken")
    count = proxy.statements
  }
  await run(made.url, migrations)
  await using database = openDatabase({ connectionString: made.url })
  expect(await catalogueOf(database), `broken at statement ${statement}`).toEqual(wanted)
  const text = await database.text({
    text: "select json_build_array(count(*), count(distinct remark), sum(tons), count(port_id), min(length(remark)), (select count(*) from harbours where country = 'FR'))::text from voyages",
  })
  expect(JSON.parse(text ?? "")).toEqual([ROWS, ROWS, (ROWS * (ROWS + 1)) / 2, ROWS, 10, ROWS])
  return count
}

describe("a migration that is ended at a statement", () => {
  test(
    "goes on where it was, and ends with the same tables and all rows",
    async () => {
      const steps = folder.read()[1]?.steps ?? []
      expect(steps.length).toBeGreaterThan(10)
      const count = await brokenAt(0, true)
      expect(count).toBeGreaterThan(100)
      const every = counted(40, 1)
      const breaks: (readonly [at: number, delivered: boolean])[] = []
      for (let at = 1 + (propertySeed % every); at < count - 10; at += every)
        for (const delivered of every === 1 ? [true, false] : [at % 2 === 0]) breaks.push([at, delivered])
      const rest = breaks.values()
      // Each in a database of its own, and most of the time waits for it.
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const [at, delivered] of rest) await brokenAt(at, delivered)
        }),
      )
    },
    counted(180_000, 3_600_000),
  )
})
