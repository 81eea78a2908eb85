import { contract, type Decimal, type Id, identity, model, resolveCatalog, text } from "@archipel/core"
import { applyAdditive, type Database, openDatabase } from "@archipel/data"
import { kyselyFor, type ServiceTables } from "@archipel/data/kysely"
import { randomUUID } from "node:crypto"
import { type Insertable, type Kysely, type Selectable, sql } from "kysely"
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../tests/support/database.ts"
import { lab } from "./schema/every-field.ts"

const names = contract("names", {
  roles: ["user"],
  models: {
    HTTPServerURL: model({ aURLOf2Things: text() }),
    Box: model({ name: text() }),
    Day: model({ name: text() }),
    Company: model({ name: text() }),
    Branch: model({ name: text() }),
    Sheep: model({ name: text() }, { plural: "sheepHerd" }),
    Stock: model({ name: text() }, { table: "stock_2" }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    names: typeof names
  }
}

describe("types", () => {
  test("have the tables and columns that the contract makes", () => {
    type Lab = ServiceTables<"lab">
    expectTypeOf<keyof Lab>().toEqualTypeOf<
      "samples" | "findings" | "patients" | "tags" | "samples__tags" | "tags__samples"
    >()
    type Sample = Selectable<Lab["samples"]>
    expectTypeOf<Sample["id"]>().toEqualTypeOf<Id<"lab.Sample">>()
    expectTypeOf<Sample["taken_on"]>().toEqualTypeOf<string>()
    expectTypeOf<Sample["patient_id"]>().toEqualTypeOf<Id<"lab.Patient">>()
    expectTypeOf<Sample["doctor_id"]>().toEqualTypeOf<Id<"identity.User"> | null>()
    expectTypeOf<Sample["created_by_id"]>().toEqualTypeOf<Id<"identity.User"> | null>()
    expectTypeOf<Sample["kind"]>().toEqualTypeOf<"blood" | "it's \\ odd">()
    expectTypeOf<Sample["pieces"]>().toEqualTypeOf<number>()
    expectTypeOf<Sample["atoms"]>().toEqualTypeOf<string>()
    expectTypeOf<Sample["archived_at"]>().toEqualTypeOf<string | null>()
    expectTypeOf<Sample>().not.toHaveProperty("findings")
    type Finding = Insertable<Lab["findings"]>
    expectTypeOf<Finding["score"]>().toEqualTypeOf<Decimal | null | undefined>()
    expectTypeOf<{ id: string; text: string; sample_id: string }>().toExtend<Finding>()
    expectTypeOf<{ id: string; text: string }>().not.toExtend<Finding>()
  })

  test("know no table, column or value that is not there", () => {
    const write = (db: Kysely<ServiceTables<"lab">>) => [
      // @ts-expect-error there is no such table
      db.selectFrom("customers").selectAll(),
      // @ts-expect-error a column, not the name of the field
      db.selectFrom("samples").select("takenOn"),
      // @ts-expect-error no such value of the choice
      db.selectFrom("samples").selectAll().where("kind", "=", "water"),
      // @ts-expect-error an id never changes
      db.updateTable("samples").set({ id: "x" }),
    ]
    expectTypeOf(write).toBeFunction()
  })
})

describe("a door to hand-written SQL", () => {
  let made: TestDatabase
  let database: Database
  let db: Kysely<ServiceTables<"lab">>
  beforeAll(async () => {
    made = await testDatabase("kysely")
    database = openDatabase({ connectionString: made.url })
    const catalog = resolveCatalog([identity.definition, lab.definition, names.definition])
    await applyAdditive(database, catalog, "lab")
    await database.transaction(async (tx) => {
      await tx.query({ text: "create schema names" })
    })
    const other = openDatabase({ connectionString: made.url, searchPath: "names" })
    await applyAdditive(other, catalog, "names")
    await other.close()
    db = kyselyFor<"lab">(database)
  })
  afterAll(async () => {
    await database.close()
    await made.drop()
  })

  test("names tables and columns as the database does", async () => {
    const found = await database.query<{ name: string }>({
      text: `select table_name || '.' || column_name as name from information_schema.columns
             where table_schema = 'names' and table_name || column_name not similar to '%(id|version|created_at|updated_at)'`,
    })
    type Names = ServiceTables<"names">
    type Column = { [T in keyof Names & string]: `${T}.${Exclude<keyof Names[T], AutoColumn> & string}` }[keyof Names &
      string]
    type AutoColumn = "id" | "version" | "created_at" | "created_by_id" | "updated_at" | "updated_by_id"
    const expected: Record<Column, true> = {
      "http_server_urls.a_url_of2_things": true,
      "boxes.name": true,
      "days.name": true,
      "companies.name": true,
      "branches.name": true,
      "sheep_herd.name": true,
      "stock_2.name": true,
    }
    expect(found.rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(expected).toSorted())
  })

  test("writes and reads values as contracts have them", async () => {
    const patient = randomUUID()
    await db.insertInto("patients").values({ id: patient, name: "Ada", code: 7 }).execute()
    const sample = await db
      .insertInto("samples")
      .values({
        id: randomUUID(),
        number: "S-1",
        title: "first",
        seen_at: "2026-02-01T01:02:03.004+02:00",
        taken_on: "2026-02-28",
        kind: "blood",
        weight: "12.345",
        extra: { a: [1, null] },
        patient_id: patient,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    expect(sample).toMatchObject({
      seen_at: "2026-01-31T23:02:03.004Z",
      taken_on: "2026-02-28",
      weight: "12.345",
      atoms: "9007199254740993",
      pieces: 1,
      urgent: false,
      extra: { a: [1, null] },
      version: 1,
      patient_id: patient,
      archived_at: null,
    })
    const joined = await db
      .selectFrom("samples")
      .innerJoin("patients", "patients.id", "samples.patient_id")
      .select(["patients.name", (eb) => eb.fn.countAll<string>().as("samples")])
      .groupBy("patients.name")
      .execute()
    expect(joined).toEqual([{ name: "Ada", samples: "1" }])
    const updated = await db.updateTable("patients").set({ code: 8 }).where("code", "=", 7).executeTakeFirst()
    expect(updated.numUpdatedRows).toBe(1n)
  })

  test("commits and undoes transactions", async () => {
    const insert = (on: Kysely<ServiceTables<"lab">>, name: string) =>
      on.insertInto("tags").values({ id: randomUUID(), name }).execute()
    const namesNow = async () =>
      (await db.selectFrom("tags").select("name").orderBy("name").execute()).map(({ name }) => name)
    await db.transaction().execute((tx) => insert(tx, "kept"))
    await expect(
      db.transaction().execute(async (tx) => {
        await insert(tx, "undone")
        throw new Error("changed my mind")
      }),
    ).rejects.toThrow("changed my mind")
    await expect(
      db
        .transaction()
        .setAccessMode("read only")
        .execute((tx) => insert(tx, "refused")),
    ).rejects.toMatchObject({ code: "25006" })
    await database.transaction(async (tx) => {
      await insert(kyselyFor<"lab">(tx), "within")
      await tx.query({ text: "update tags set name = name || '!' where name = 'within'" })
    })
    expect(await namesNow()).toEqual(["kept", "within!"])
    expect(database.stats.transactions.idle).toBe(database.stats.transactions.connections)
    await expect(
      database.transaction((tx) =>
        kyselyFor<"lab">(tx)
          .transaction()
          .execute(async () => {}),
      ),
    ).rejects.toThrow("already is part of a transaction")
  })

  test("runs what only SQL can say", async () => {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table("samples")}`.execute(db)
    expect(rows).toEqual([{ n: 1 }])
  })
})
