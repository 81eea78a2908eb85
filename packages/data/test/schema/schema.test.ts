import {
  ArchipelError,
  choice,
  contract,
  type ContractDefinition,
  date,
  datetime,
  decimal,
  identity,
  integer,
  longText,
  manyToMany,
  model,
  one,
  resolveCatalog,
  sequence,
  text,
  today,
  url,
  uuid,
} from "@archipel/core"
import {
  applyAdditive,
  checkSchema,
  type Database,
  desiredSchema,
  introspect,
  openDatabase,
  planAdditive,
  schemaRevision,
  translateError,
} from "@archipel/data"
import { afterAll, describe, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"
import { lab } from "./every-field.ts"

const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const one of opened.toReversed()) await one[Symbol.asyncDispose]()
})

async function emptyDatabase(): Promise<{ readonly made: TestDatabase; readonly db: Database }> {
  const made = await testDatabase("schema")
  const db = openDatabase({ connectionString: made.url })
  opened.push(made, db)
  return { made, db }
}

type Models = Parameters<typeof contract>[1]["models"]
const shop = (models: Models): ContractDefinition => contract("shop", { roles: ["user"], models }).definition
const catalogOf = (...contracts: readonly ContractDefinition[]) => resolveCatalog([identity.definition, ...contracts])
const apply = (db: Database, models: Models) => applyAdditive(db, catalogOf(shop(models)), "shop")
const check = (db: Database, models: Models) => checkSchema(db, catalogOf(shop(models)), "shop")
const clean = { missing: [], refused: [] }

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ArchipelError)) throw new Error("not refused", { cause: error })
  expect(error.code).toBe("schema.refused")
  return error.message
}

describe("a database made from a contract", () => {
  test("has nothing left to make, whatever the contract uses", async () => {
    const { db } = await emptyDatabase()
    const catalog = catalogOf(lab.definition)
    const { statements } = await applyAdditive(db, catalog, "lab")
    expect(statements.length).toBeGreaterThan(50)
    expect(await checkSchema(db, catalog, "lab")).toEqual(clean)
    // The structure read back is the structure asked for, not merely similar enough to need no statement.
    const actual = await introspect(db)
    for (const table of desiredSchema(catalog, "lab").tables) {
      const found = actual.tables.find(({ name, framework }) => name === table.name && framework === table.framework)
      if (found === undefined) throw new Error(`no table ${table.name}`)
      const { isEmpty, foreign, ...rest } = found
      const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)
      expect(isEmpty).toBe(table.name !== "revisions")
      expect(foreign).toEqual(new Set())
      // Where a column lies in the row is the table's own affair.
      expect({
        ...rest,
        columns: rest.columns.toSorted(byName),
        indexes: rest.indexes.toSorted(byName),
        checks: rest.checks.toSorted(byName),
      }).toEqual({
        ...table,
        columns: table.columns.toSorted(byName),
        indexes: table.indexes.toSorted(byName),
        checks: table.checks.toSorted(byName),
        foreignKeys: table.foreignKeys.toSorted(byName),
      })
    }
  })

  test("has in each row first what lists are sorted and summed by, then what is followed and shown, then what may be empty, last when it was written", async () => {
    const { db } = await emptyDatabase()
    const catalog = catalogOf(
      shop({
        Item: model({
          note: text().optional(),
          name: text(),
          owner: one("shop.Item", { onDelete: "clear" }).optional(),
          part: one("shop.Item"),
          status: choice("new", "used"),
          amount: decimal().computed(),
          price: decimal(),
          due: date().optional(),
          pieces: integer(),
          seenAt: datetime(),
        }),
      }),
    )
    await applyAdditive(db, catalog, "shop")
    const item = (await introspect(db)).tables.find(({ name }) => name === "items")
    expect(item?.columns.map(({ name }) => name).filter((name) => !/^(created|updated)_by/.test(name))).toEqual([
      "pieces",
      "amount",
      "price",
      "status",
      "seen_at",
      "version",
      "id",
      "part_id",
      "name",
      "due",
      "owner_id",
      "note",
      "created_at",
      "updated_at",
    ])
  })

  test("is known to be up to date by one query", async () => {
    const { db } = await emptyDatabase()
    const catalog = catalogOf(lab.definition)
    const first = await applyAdditive(db, catalog, "lab")
    const asked: string[] = []
    const counting: Database = {
      ...db,
      text: (statement, ...rest) => {
        asked.push(statement.text)
        return db.text(statement, ...rest)
      },
      query: () => Promise.reject(new Error("a second query")),
      transaction: () => Promise.reject(new Error("a transaction")),
    }
    expect(await applyAdditive(counting, catalog, "lab")).toEqual({ revision: first.revision, statements: [] })
    expect(asked).toHaveLength(1)
    expect(first.revision).toBe(schemaRevision(desiredSchema(catalogOf(lab.definition), "lab")))
  })

  test("is made once by processes that start together", async () => {
    const { made } = await emptyDatabase()
    const catalog = catalogOf(lab.definition)
    const starting = Array.from({ length: 4 }, () => openDatabase({ connectionString: made.url }))
    opened.push(...starting)
    const done = await Promise.all(starting.map((db) => applyAdditive(db, catalog, "lab")))
    expect(done.filter(({ statements }) => statements.length > 0)).toHaveLength(1)
    expect(await checkSchema(starting[0] as Database, catalog, "lab")).toEqual(clean)
  })

  test("is made by services that share one database, each in its schema", async () => {
    const { made, db } = await emptyDatabase()
    for (const name of ["one", "two"]) await db.query({ text: `create schema ${name}` })
    const catalog = catalogOf(lab.definition, shop({ Patient: model({ name: text() }) }))
    const services = ["lab", "shop"].map((service, position) => {
      const database = openDatabase({ connectionString: made.url, searchPath: ["one", "two"][position] as string })
      opened.push(database)
      return { service, database }
    })
    await Promise.all(services.map(({ database, service }) => applyAdditive(database, catalog, service)))
    for (const { database, service } of services) expect(await checkSchema(database, catalog, service)).toEqual(clean)
    const tables = await db.query({
      text: "select table_schema as schema from information_schema.tables where table_name = 'patients' order by 1",
    })
    expect(tables.rows).toEqual([{ schema: "one" }, { schema: "two" }])
  })

  test("is made by statements that take longer than those of requests may", async () => {
    const { made } = await emptyDatabase()
    const impatient = openDatabase({ connectionString: made.url, statementTimeoutMs: 20 })
    opened.push(impatient)
    await expect(impatient.query({ text: "select pg_sleep(0.2)" })).rejects.toMatchObject({ code: "deadline.exceeded" })
    const slow = impatient.transaction((tx) => tx.text({ text: "select 'done' from pg_sleep(0.2)" }), {
      statementTimeoutMs: 30_000,
    })
    expect(await slow).toBe("done")
    const after = impatient.transaction((tx) => tx.text({ text: "select 'done' from pg_sleep(0.2)" }))
    await expect(after).rejects.toMatchObject({ code: "deadline.exceeded" })
  })

  test("works where texts cannot be indexed by trigrams, and gets the index when they can", async () => {
    const { db } = await emptyDatabase()
    const desired = desiredSchema(catalogOf(shop({ Item: model({ name: text() }) })), "shop")
    const plan = planAdditive(desired, { ...(await introspect(db)), trigram: undefined })
    await db.transaction(async (tx) => {
      for (const { sql } of plan.statements) await tx.query({ text: sql })
    })
    expect(plan.statements.some(({ sql }) => sql.includes("trgm"))).toBe(false)
    expect(
      (await apply(db, { Item: model({ name: text() }) })).statements.filter((sql) => sql.includes("trgm")),
    ).toHaveLength(2)
  })
})

describe("the framework's own tables", () => {
  test("may have got columns from a newer release, which an older one can leave out", async () => {
    const { db } = await emptyDatabase()
    const models = { Item: model({ name: text() }) }
    await apply(db, models)
    const addColumn = async (column: string): Promise<void> => {
      await db.query({ text: `alter table archipel.history add column later ${column}` })
      await db.query({
        text: `do $$ begin execute format('comment on column archipel.history.later is %L', col_description('archipel.history'::regclass, 1)); end $$`,
      })
    }
    await addColumn("text")
    expect(await check(db, models)).toEqual(clean)
    await db.query({ text: "alter table archipel.history drop column later" })
    await addColumn("text not null")
    expect((await check(db, models)).refused).toHaveLength(1)
  })
})

describe("a changed contract", () => {
  test("that searches other fields gets another index for it", async () => {
    const { db } = await emptyDatabase()
    const fields = { name: text(), note: text() }
    await apply(db, { Item: model(fields) })
    const { statements } = await apply(db, { Item: model(fields, { search: ["name", "note"] }) })
    expect(statements.map((sql) => sql.split(" ")[0])).toEqual(["drop", "create", "comment"])
    expect(statements[1]).toContain("note")
    expect(await check(db, { Item: model(fields, { search: ["name", "note"] }) })).toMatchObject(clean)
    expect((await apply(db, { Item: model(fields, { search: [] }) })).statements).toHaveLength(1)
  })

  test("adds what is new, relaxes what is laxer, and keeps the data", async () => {
    const { db } = await emptyDatabase()
    await apply(db, {
      Item: model(
        {
          name: text({ maxLength: 10 }).unique(),
          price: decimal({ precision: 6, min: "1" }),
          kind: choice("a", "b"),
          note: text(),
        },
        { archive: true },
      ),
    })
    await db.query({
      text: "insert into items (id, name, price, kind, note) values ('00000000-0000-7000-8000-000000000001', 'old', 1.5, 'a', 'n')",
    })
    const later = {
      Item: model(
        {
          name: text({ maxLength: 200 }),
          price: decimal({ precision: 12, min: "-1", max: "5" }).default("2"),
          kind: choice("c", "b", "a"),
          note: text().optional(),
          stock: integer({ min: 0 }).default(7).index(),
          family: one("shop.Group").optional(),
          total: decimal().computed(),
          tags: manyToMany("shop.Group"),
        },
        { archive: true, checks: { "item.cheap": { price: { lt: "100" } } }, unique: [["kind", "name"]] },
      ),
      Group: model({ name: text() }),
    }
    // A smaller largest value is narrower, also where there was none.
    expect(await refusalOf(apply(db, later))).toContain("the largest value is now 5")
    await db.query({ text: "alter table items drop constraint items_price_range" })
    await apply(db, later)
    expect(await check(db, later)).toEqual(clean)
    const kept = await db.query({ text: "select name, price, kind, note, stock, family_id, total from items" })
    expect(kept.rows).toEqual([
      { name: "old", price: "1.50", kind: "a", note: "n", stock: "7", family_id: null, total: null },
    ])
    const second = "insert into items (id, name, kind) values (gen_random_uuid(), $1, $2)"
    await db.query({ text: second }, ["x".repeat(150), "c"])
    await expect(db.query({ text: second }, ["x".repeat(150), "c"])).rejects.toMatchObject({ code: "23505" })
    await db.query({ text: second }, ["x".repeat(150), "a"])
  })

  test("gets a required field without default while its table is empty", async () => {
    const { db } = await emptyDatabase()
    await apply(db, { Item: model({ name: text().optional() }) })
    const later = { Item: model({ name: text(), price: decimal() }) }
    await apply(db, later)
    expect(await check(db, later)).toEqual(clean)
  })

  test("lets programs of the earlier contract start again", async () => {
    const { db } = await emptyDatabase()
    const before = { Item: model({ name: text({ maxLength: 5 }), note: text(), kind: choice("a") }) }
    const after = {
      Item: model({
        name: text({ maxLength: 9 }),
        note: text().optional(),
        kind: choice("a", "b"),
        stock: integer().default(1),
      }),
      Extra: model({ name: text() }),
    }
    await apply(db, before)
    await db.query({ text: "insert into items (id, name, note, kind) values (gen_random_uuid(), 'n', 'n', 'a')" })
    expect((await apply(db, after)).statements).not.toEqual([])
    expect((await apply(db, before)).statements).toEqual([])
    expect((await apply(db, after)).statements).toEqual([])
    await db.query({ text: "alter table items drop column kind" })
    expect(await refusalOf(apply(db, before))).toContain("kind")
  })

  test("is refused, all at once and with nothing done, where data could be lost or rejected", async () => {
    const { db } = await emptyDatabase()
    const before = {
      Item: model({
        name: text(),
        code: integer(),
        price: decimal({ scale: 4 }),
        kind: choice("a", "b"),
        stock: integer({ min: 0 }),
        note: text().optional(),
        gone: text().optional(),
        tags: manyToMany("shop.Tag"),
      }),
      Tag: model({ name: text() }),
      Old: model({ name: text() }),
    }
    await apply(db, before)
    await db.query({
      text: "insert into items (id, name, code, price, kind, stock) values (gen_random_uuid(), 'n', 1, 1, 'b', 0)",
    })
    const after = {
      Item: model({
        name: text({ maxLength: 5 }),
        code: text(),
        price: decimal({ scale: 2 }),
        kind: choice("a"),
        stock: integer({ min: 1 }),
        note: text(),
        required: date().default("today"),
        fine: text().optional(),
      }),
      Tag: model({ name: text() }),
    }
    expect(await refusalOf(apply(db, after))).toMatchSnapshot()
    expect(await check(db, before)).toEqual(clean)
  })

  test("is refused where the rows do not satisfy a new constraint", async () => {
    const { db } = await emptyDatabase()
    await apply(db, { Item: model({ name: text(), price: integer(), family: uuid() }), Group: model({ name: text() }) })
    for (const price of [1, 2]) {
      await db.query(
        {
          text: `insert into items (id, name, price, family) values (gen_random_uuid(), 'same', $1, gen_random_uuid())`,
        },
        [price],
      )
    }
    const group = model({ name: text() })
    const unique = { Item: model({ name: text().unique(), price: integer(), family: uuid() }), Group: group }
    const ranged = { Item: model({ name: text(), price: integer({ max: 1 }), family: uuid() }), Group: group }
    const referring = {
      Item: model({ name: text(), price: integer(), family: one("shop.Group").column("family") }),
      Group: group,
    }
    expect(await refusalOf(apply(db, unique))).toMatchSnapshot("unique")
    expect(await refusalOf(apply(db, ranged))).toMatchSnapshot("range")
    expect(await refusalOf(apply(db, referring))).toMatchSnapshot("reference")
  })

  test("leaves alone what people made, unless it is in the way", async () => {
    const { db } = await emptyDatabase()
    const models = { Item: model({ name: text().index(), kind: choice("a") }) }
    await apply(db, models)
    await db.query({ text: "create table reports (n int)" })
    await db.query({ text: "alter table items add column imported text" })
    await db.query({ text: "create index items_by_hand on items (kind)" })
    expect(await check(db, models)).toEqual(clean)
    await db.query({ text: "alter table items drop constraint items_kind_values" })
    await db.query({ text: "alter table items add constraint items_kind_values check (kind <> '')" })
    await db.query({ text: "alter table items add column needed int not null" })
    const { missing, refused } = await check(db, models)
    expect(missing).toEqual([])
    expect(refused).toMatchSnapshot()
  })
})

describe("a text that an index cannot take", () => {
  test("is an invalid value, not a failure of the program", async () => {
    const { db } = await emptyDatabase()
    await apply(db, { Item: model({ link: url().unique() }) })
    const link = Array.from({ length: 2_000 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * 7919) % 20_000))).join("")
    const error: unknown = await db
      .query({ text: "insert into items (id, link) values (gen_random_uuid(), $1)" }, [link])
      .then(
        () => undefined,
        (reason: unknown) =>
          translateError(reason, { model: "shop.Item", operation: "write", constraint: () => undefined }),
      )
    expect(error).toMatchObject({ code: "record.invalid_value", details: { model: "shop.Item" } })
  })
})

describe("a contract that has no form in a database", () => {
  test("is refused in words, all of them", () => {
    const wrong = shop({
      Item: model(
        {
          long: longText().optional().unique(),
          link: url().optional().unique(),
          one: one("shop.Item", { onDelete: "clear" }),
          same: text().column("other"),
          other: text().index(),
          a: text(),
          b: text(),
          c: text(),
          d: text(),
          number: sequence("no counter"),
        },
        {
          unique: [["same", "other", "a", "b", "c", "d"]],
          checks: { "item.today": { same: "x", number: { isSet: true } }, "item.late": { other: today() as never } },
        },
      ),
      Thing: model({ name: text() }, { table: "items" }),
    })
    expect(() => desiredSchema(catalogOf(wrong), "shop")).toThrowErrorMatchingSnapshot()
  })
})
