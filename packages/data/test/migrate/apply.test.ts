/** What migrations do in one situation each. */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import {
  type ArchipelError,
  type Catalog,
  contract,
  decimal,
  type FieldMember,
  identity,
  integer,
  many,
  model,
  one,
  resolveCatalog,
  resolveService,
  sequence,
  text,
} from "@archipel/core"
import { applyAdditive, type Database, introspect, nextNumber, openDatabase } from "@archipel/data"
import { applyMigrations, codeSteps, migrationStatus } from "@archipel/data/migrate"
import { afterAll, describe, expect, test } from "vitest"
import { testDatabase } from "../../../../tests/support/database.ts"
import { type MigrationFolder, migrationFolder } from "./folder.ts"

const opened: (AsyncDisposable | Disposable)[] = []
afterAll(async () => {
  for (const one of opened.toReversed())
    await (Symbol.asyncDispose in one ? one[Symbol.asyncDispose]() : one[Symbol.dispose]())
})

type Models = Parameters<typeof contract>[1]["models"]
const contractOf = (models: Models) => contract("dock", { roles: ["hand"], models }).definition
const catalogOf = (models: Models): Catalog => resolveCatalog([identity.definition, contractOf(models)])
type Logics = Parameters<typeof resolveService>[1]

interface Dock {
  readonly url: string
  readonly db: Database
  readonly folder: MigrationFolder
  apply(options?: {
    contract?: boolean
    url?: string
    lockAttempts?: number
    models?: Models
    logics?: Logics
    onNews?: Parameters<typeof applyMigrations>[0]["onNews"] & {}
  }): ReturnType<typeof applyMigrations>
}

/** An empty database and an empty folder of migrations. */
async function dock(): Promise<Dock> {
  const made = await testDatabase("dock")
  const db = openDatabase({ connectionString: made.url })
  const folder = migrationFolder("dock")
  opened.push(made, db, folder)
  return {
    url: made.url,
    db,
    folder,
    async apply({ contract = false, url = made.url, lockAttempts = 60, models, logics = [], onNews = () => {} } = {}) {
      await using database = openDatabase({ connectionString: url })
      const catalog = catalogOf(models ?? {})
      const service = resolveService(contractOf(models ?? {}), logics, catalog)
      return await applyMigrations({
        target: { connectionString: url },
        database,
        service: "dock",
        migrations: folder.read(),
        contract,
        lockAttempts,
        onNews,
        pace: { batchRows: 50, rowsPerSecond: 1_000_000 },
        codeOf: codeSteps({ database, service }),
      })
    },
  }
}

const crane = (extra: Parameters<typeof model>[0] = {}) => model({ name: text(), load: integer().optional(), ...extra })
const rowsOf = (count: number): string =>
  `insert into cranes (id, name, version, created_at, updated_at) select gen_random_uuid(), 'Crane ' || i, 1, now(), now() from generate_series(1, ${count}) i`

async function refusalOf(work: Promise<unknown>): Promise<ArchipelError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if ((error as Error | undefined)?.name !== "ArchipelError") throw new Error("not refused", { cause: error })
  return error as ArchipelError
}

describe("what could get lost", () => {
  test("waits for a consent in the step's file, and nothing is done until all have one", async () => {
    const { db, folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    await apply()
    folder.plan(catalogOf({ Crane: model({ name: text({ maxLength: 5 }), extra: text().optional() }) }), "second", {
      consent: false,
    })
    const { code, message } = await refusalOf(apply({ contract: true }))
    expect(code).toBe("migration.needs_consent")
    expect(message).toContain("all values of dock.Crane.load (column load of cranes) (0002_second/contract.sql, step ")
    expect(message).toContain("texts are cut off after 5 characters")
    const columns = (await introspect(db)).tables.find(({ name }) => name === "cranes")?.columns.map(({ name }) => name)
    expect(columns).not.toContain("extra")
  })

  test("is not lost by a rename to a name that is taken, or with another type", async () => {
    const { folder } = await dock()
    folder.plan(catalogOf({ Crane: crane({ old: text() }) }), "first")
    const plan = (extra: Parameters<typeof model>[0]) => () => folder.plan(catalogOf({ Crane: crane(extra) }), "second")
    expect(plan({ old: text(), fresh: text().was("old") })).toThrow(
      'dock.Crane.fresh was "old", and there still is a field of that name.',
    )
    expect(plan({ fresh: integer().was("old") })).toThrow("rename it in one migration and change its type in the next")
    expect(plan({ fresh: text().column("old") })).toThrow(
      'would have the column "old" of cranes, which is the one of dock.Crane.old',
    )
  })
})

describe("the files of migrations", () => {
  test("are known by their checksums, before and after they ran", async () => {
    const { folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    const file = join(folder.path, "0001_first", "expand.sql")
    const before = readFileSync(file, "utf8")
    writeFileSync(file, before.replace("not null", "null"))
    expect(await refusalOf(Promise.resolve().then(folder.read))).toMatchObject({
      code: "migration.edited",
      details: { migration: "0001_first", isApplied: false },
    })
    writeFileSync(file, before)
    await apply()
    writeFileSync(join(folder.path, "0001_first", "data.ts"), "export default 1")
    expect(await refusalOf(apply())).toMatchObject({ code: "migration.edited", details: { isApplied: true } })
  })

  test("are all there, one of each number, and each follows the one before", async () => {
    const { folder } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    folder.plan(catalogOf({ Crane: crane({ more: text().optional() }) }), "second")
    folder.plan(catalogOf({ Crane: crane({ most: text().optional() }) }), "third")
    const at = (name: string): string => join(folder.path, name)
    const said = () => refusalOf(Promise.resolve().then(folder.read))
    renameSync(at("0003_third/snapshot.json"), at("0003_third/kept"))
    expect((await said()).message).toMatch(/\[migration\.invalid_file\] .*0003_third\/snapshot\.json: it is missing\./)
    renameSync(at("0003_third/kept"), at("0003_third/snapshot.json"))
    renameSync(at("0003_third"), at("0002_third"))
    expect((await said()).message).toContain("0002_second and 0002_third: both have the number 2")
    renameSync(at("0002_third"), at("0003_third"))
    rmSync(at("0002_second"), { recursive: true })
    expect(await said()).toMatchObject({
      code: "migration.conflict",
      details: { migrations: ["0001_first", "0003_third"] },
    })
  })
})

describe("a database in use", () => {
  test("is changed once by several processes that begin together", async () => {
    const { folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    folder.plan(catalogOf({ Crane: crane({ more: text().default("x").index() }) }), "second")
    const total = folder.read().reduce((sum, { steps }) => sum + steps.length, 0)
    const done = await Promise.all([apply(), apply(), apply()])
    expect(done.map(({ steps }) => steps).toSorted((a, b) => a - b)).toEqual([0, 0, total])
  })

  test("whose rows do not allow a step keeps what was done, and goes on when they are corrected", async () => {
    const { db, folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    await apply()
    await db.query({ text: rowsOf(3) })
    await db.query({ text: "update cranes set name = 'same'" })
    folder.plan(catalogOf({ Crane: model({ name: text().unique(), load: integer() }) }), "second")
    const missing = await refusalOf(apply({ contract: true }))
    expect(missing).toMatchObject({ code: "migration.rows_refused", details: { table: "cranes" } })
    expect(missing.message).toContain("dock.Crane.load: look whether every row has a value")
    expect((await migrationStatus(db, "dock", folder.read())).migrations[1]?.state).toBe("expanded")
    await db.query({ text: "update cranes set load = 1" })
    const twice = await refusalOf(apply({ contract: true }))
    expect(twice.message).toContain("could not create unique index")
    // What is left of an index that failed costs every write.
    expect(await db.text({ text: "select count(*)::text from pg_index where not indisvalid" })).toBe("0")
    await db.query({ text: "update cranes set name = id::text" })
    await apply({ contract: true })
    expect((await migrationStatus(db, "dock", folder.read())).drift).toEqual([])
  })

  test("is left alone where a table is held, and whoever holds it is named", async () => {
    const { db, folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    await apply()
    folder.plan(catalogOf({ Crane: crane({ more: text().optional() }) }), "second")
    const refusal = await db.transaction(async (tx) => {
      await tx.query({ text: "select 1 from cranes" })
      return refusalOf(apply({ lockAttempts: 2 }))
    })
    expect(refusal.code).toBe("migration.locked")
    expect(refusal.message).toMatch(
      /cranes was not free for a moment \(process \d+ \(archipel\), in a transaction since/,
    )
    // Somebody who is done in time is waited for.
    const holding = Promise.withResolvers<void>()
    const held = db.transaction(async (tx) => {
      await tx.query({ text: "select 1 from cranes" })
      await holding.promise
    })
    const onNews = ({ kind }: { readonly kind: string }): void => {
      if (kind === "busy") holding.resolve()
    }
    expect(await apply({ onNews })).toMatchObject({ waiting: undefined })
    await held
  })

  test("is not changed by a user who may not, and it is said at which step", async () => {
    const { url, db, folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    await apply()
    folder.plan(catalogOf({ Crane: crane({ more: text().optional() }) }), "second")
    const role = `guest_${process.pid}`
    await db.query({ text: `create role ${role} login password 'guest'` })
    try {
      await db.query({ text: `grant usage on schema archipel, public to ${role}` })
      await db.query({ text: `grant all on all tables in schema archipel, public to ${role}` })
      const guest = new URL(url)
      guest.username = role
      guest.password = "guest"
      const { code, message } = await refusalOf(apply({ url: guest.href }))
      expect(code).toBe("migration.not_permitted")
      expect(message).toContain("0002_second stopped before step 01 (dock.Crane.more: add the column more)")
      expect(message).toContain("must be owner of table cranes")
      guest.password = "wrong"
      expect((await refusalOf(apply({ url: guest.href }))).code).toBe("database.unsuitable")
      guest.port = "1"
      expect((await refusalOf(apply({ url: guest.href }))).code).toBe("database.unavailable")
    } finally {
      await db.query({ text: `drop owned by ${role}` })
      await db.query({ text: `drop role ${role}` })
    }
  })

  test("that was changed by hand, or is of a newer release, is told apart", async () => {
    const { db, folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    await apply()
    await db.query({ text: "alter table cranes drop column load" })
    const { drift } = await migrationStatus(db, "dock", folder.read())
    expect(drift).toEqual([expect.stringContaining("dock.Crane.load (column load of table cranes)")])
    await db.query({
      text: "insert into archipel.migrations (service, number, name, checksum) values ('dock', 2, '0002_newer', '')",
    })
    expect(await refusalOf(apply())).toMatchObject({
      code: "migration.unknown",
      details: { migrations: ["0002_newer"] },
    })
  })

  test("that starts have made takes up from the migration that fits", async () => {
    const { db, folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    folder.plan(catalogOf({ Crane: crane({ more: text().optional() }) }), "second")
    folder.plan(catalogOf({ Crane: model({ name: text(), more: text().optional() }) }), "third")
    await applyAdditive(db, catalogOf({ Crane: crane({ more: text().optional() }) }), "dock")
    const third = folder.read()[2]?.steps.length
    expect(await apply({ contract: true })).toEqual({ steps: third, waiting: undefined })
    expect((await migrationStatus(db, "dock", folder.read())).drift).toEqual([])
  })
})

test("a database that starts made on the way to the first migration gets the rest of it", async () => {
  const { db, folder, apply } = await dock()
  await applyAdditive(db, catalogOf({ Crane: crane() }), "dock")
  folder.plan(catalogOf({ Crane: crane({ more: text().optional() }) }), "first")
  expect(await apply()).toEqual({ steps: 0, waiting: undefined })
  expect(await migrationStatus(db, "dock", folder.read())).toMatchObject({
    drift: [],
    migrations: [{ state: "applied" }],
  })
  await db.query({ text: "drop table archipel.migrations" })
  await db.query({ text: "alter table cranes alter column name type varchar(9)" })
  const refusal = await refusalOf(apply())
  expect(refusal.code).toBe("migration.unknown_database")
  expect(refusal.message).toContain(
    "dock.Crane.name (column name of table cranes): the column's type is character varying(9)",
  )
})

describe("releases of different age", () => {
  const old = { Crane: crane({ note: text().default("-") }) }
  const next = {
    Lift: model(
      { name: text(), load: integer().optional(), remark: text().default("-").was("note") },
      { was: "Crane" },
    ),
  }

  test("start beside each other until contract, and then the old one says that it is too old", async () => {
    const { db, folder, apply } = await dock()
    folder.plan(catalogOf(old), "first")
    await apply()
    folder.plan(catalogOf(next), "second")
    expect(await apply()).toMatchObject({ waiting: "0002_second" })
    for (const models of [old, next, old])
      expect(await applyAdditive(db, catalogOf(models), "dock", [], { mode: "check" })).toMatchObject({
        statements: [],
        ...(models === old ? { newerDatabase: "0002_second" } : {}),
      })
    folder.plan(catalogOf({ Lift: crane() }), "third")
    expect(await refusalOf(apply())).toMatchObject({
      code: "migration.not_contracted",
      details: { migration: "0002_second", next: "0003_third" },
    })
    rmSync(join(folder.path, "0003_third"), { recursive: true })
    await apply({ contract: true })
    const refusal = await refusalOf(applyAdditive(db, catalogOf(old), "dock"))
    expect(refusal).toMatchObject({ code: "schema.newer", details: { migration: "0002_second" } })
    expect(refusal.message).toContain("dock.Crane (table cranes) is not there")
    expect((await applyAdditive(db, catalogOf(next), "dock")).statements).toEqual([])
  })

  test("in production a start makes its first tables, and then changes nothing", async () => {
    const { db, folder, apply } = await dock()
    const start = (models: Models) => applyAdditive(db, catalogOf(models), "dock", [], { mode: "check" })
    expect((await start({ Crane: crane() })).statements).not.toEqual([])
    const more = { Crane: crane({ more: text().optional() }) }
    const refusal = await refusalOf(start(more))
    expect(refusal).toMatchObject({
      code: "schema.pending",
      details: {
        missing: [
          "dock.Crane.more (column more of table cranes) is not there",
          "dock.Crane (length of more in table cranes) is not there",
        ],
      },
    })
    folder.plan(catalogOf({ Crane: crane() }), "first")
    folder.plan(catalogOf(more), "second")
    await apply()
    expect((await start(more)).statements).toEqual([])
  })
})

describe("what goes on under another name", () => {
  test("sequences count together until contract, and on from there", async () => {
    const { db, folder, apply } = await dock()
    const of = (catalog: Catalog, name: string): FieldMember =>
      catalog.models.get(name)?.members.get("number") as FieldMember
    const patterns = (options: object) => ({ number: sequence("C-{yyyy}-{000}"), name: text(), ...options })
    const first = catalogOf({ Crane: model(patterns({})) })
    const second = catalogOf({ Lift: model(patterns({}), { was: "Crane" }) })
    const give = async (catalog: Catalog, name: string) =>
      await db.text({ text: `select ${nextNumber(of(catalog, name), "date '2026-05-01'")}` })
    folder.plan(first, "first")
    await apply()
    expect(await give(first, "dock.Crane")).toBe("C-2026-001")
    folder.plan(second, "second")
    await apply()
    expect([await give(second, "dock.Lift"), await give(first, "dock.Crane"), await give(second, "dock.Lift")]).toEqual(
      ["C-2026-002", "C-2026-003", "C-2026-004"],
    )
    await apply({ contract: true })
    expect(await give(second, "dock.Lift")).toBe("C-2026-005")
    expect(await db.text({ text: "select count(*)::text from archipel.counter_names" })).toBe("0")
  })
})

describe("what logic says of stored values", () => {
  const models = {
    Crane: model({
      name: text(),
      heaviest: decimal().optional().computed(),
      words: text().optional().computed(),
      lifts: many("dock.Lift", "crane"),
    }),
    Lift: model({ crane: one("dock.Crane"), tons: decimal() }),
  }
  /** Of a contract that types do not know. */
  const logicsOf = (aggregate: "max" | "sum", revision: number, suffix: string): Logics => [
    {
      model: "dock.Crane",
      statements: [
        { kind: "rollup", field: "heaviest", aggregate, over: "lifts", of: "tons" },
        {
          kind: "compute",
          field: "words",
          dependencies: ["name"],
          run: ({ name }: { readonly name: string }) => `${name}${suffix}`,
          revision,
        },
        { kind: "grant", role: "dock.hand", operations: ["read"], where: "all" },
      ],
    },
    { model: "dock.Lift", statements: [{ kind: "grant", role: "dock.hand", operations: ["read"], where: "all" }] },
  ]

  test("is computed anew when a definition changed, in batches and with history", async () => {
    const { db, folder, apply } = await dock()
    const first = logicsOf("max", 0, "!")
    folder.plan(catalogOf(models), "first", { logic: first })
    await apply({ models, logics: first })
    await db.query({
      text: rowsOf(120)
        .replace("name, version", "name, words, heaviest, version")
        .replace("'Crane ' || i, 1", "'Crane ' || i, 'old', 0, 1"),
    })
    await db.query({
      text: "insert into lifts (id, crane_id, tons, version, created_at, updated_at) select gen_random_uuid(), c.id, n, 1, now(), now() from cranes c, generate_series(1, 3) n",
    })
    const second = logicsOf("sum", 1, "?")
    folder.plan(catalogOf(models), "second", { logic: second })
    expect(folder.read()[1]?.steps.map(({ mode, field }) => [mode, field])).toEqual([
      ["recompute", "dock.Crane.heaviest"],
      ["recompute", "dock.Crane.words"],
      ["recompute", "dock.Crane.heaviest"],
      ["recompute", "dock.Crane.words"],
    ])
    await apply({ models, logics: second, contract: true })
    expect(
      await db.text({
        text: "select json_build_array(count(*), sum(heaviest), count(*) filter (where words = name || '?'), min(version), max(version))::text from cranes",
      }),
    ).toBe("[120, 720.00, 120, 3, 3]")
    expect(
      await db.text({
        text: "select count(*)::text from archipel.history where model = 'dock.Crane' and actor_kind = 'system' and reason like '0002_second: %'",
      }),
    ).toBe("240")
  })
})

describe("a migration's own code", () => {
  test("goes on where it was interrupted", async () => {
    const { db, folder, apply } = await dock()
    folder.plan(catalogOf({ Crane: crane() }), "first")
    await apply()
    await db.query({ text: rowsOf(130) })
    folder.plan(catalogOf({ Crane: crane({ code: text() }) }), "second")
    writeFileSync(
      join(folder.path, "0002_second", "data.ts"),
      `let calls = 0
export default async ({ db, after, limit }) => {
  if (++calls === 2) throw new Error("the power is gone")
  let query = db.selectFrom("cranes").select(["id", "name", "code"]).orderBy("id").limit(limit)
  if (after !== undefined) query = query.where("id", ">", after)
  const rows = await query.execute()
  for (const { id, name, code } of rows)
    await db.updateTable("cranes").set({ code: (code ?? "") + name.slice(6) }).where("id", "=", id).execute()
  return rows.length < limit ? undefined : rows.at(-1).id
}
`,
    )
    expect((await refusalOf(apply())).message).toContain("stopped at step data (run data.ts): the power is gone")
    await apply({ contract: true })
    expect(await db.text({ text: "select count(*)::text from cranes where name = 'Crane ' || code" })).toBe("130")
    expect((await migrationStatus(db, "dock", folder.read())).drift).toEqual([])
  })
})
