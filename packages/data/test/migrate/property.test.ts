/** Whatever the two releases: the database becomes that of the second, with its rows, while both work on it. */
import { randomUUID } from "node:crypto"
import type { Catalog, ColumnMember, ResolvedModel } from "@archipel/core"
import { applyAdditive, type Database, openDatabase } from "@archipel/data"
import { applyMigrations } from "@archipel/data/migrate"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { counted } from "../../../../tests/support/counts.ts"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"
import { catalogueOf } from "./catalogue.ts"
import { migrationFolder } from "./folder.ts"
import { catalogOf, choices, type Drawn, type DrawnField, type DrawnModel, releases } from "./random-contracts.ts"

let made: TestDatabase
let admin: Database
beforeAll(async () => {
  made = await testDatabase("migrate")
  admin = openDatabase({ connectionString: made.url })
})
afterAll(async () => {
  await admin.close()
  await made.drop()
})

const quoted = (name: string): string => `"${name}"`
let counter = 0

/** A value that its release accepts, different from all others where the type has so many. */
function valueOf(field: DrawnField, n: number): string | null {
  if (field.optional && n % 3 === 0) return null
  switch (field.type) {
    case "text":
    case "longText":
      return n % 4 === 1 ? String(n) : `${n} it's "x"\\ éß`
    case "integer":
      return String(n % 900)
    case "bigint":
      return String(900_000_000_000 + n)
    case "decimal":
      return `${n}.5`
    case "bool":
      return String(n % 2 === 0)
    case "date":
      return `20${10 + (n % 80)}-01-31`
    case "datetime":
      return `20${10 + (n % 80)}-01-31T12:00:00.123Z`
    case "choice":
      return choices(field.bound)[n % choices(field.bound).length] ?? "red"
    case "uuid":
      return randomUUID()
    case "json":
      return JSON.stringify({ n, of: ["it's", null] })
  }
}

const modelNamed = (catalog: Catalog, name: string): ResolvedModel => {
  const found = catalog.models.get(`zoo.${name}`)
  if (found === undefined) throw new Error(`no model ${name}`)
  return found
}

interface Row {
  readonly id: string
  readonly values: Readonly<Record<string, string | null>>
}

/** The statement that the framework writes a new record with: every column of the release's own contract. */
async function insert(database: Database, catalog: Catalog, each: DrawnModel): Promise<Row> {
  const model = modelNamed(catalog, each.name)
  const n = ++counter
  const id = randomUUID()
  const values: Record<string, string | null> = {}
  for (const field of each.fields) values[field.name] = valueOf(field, n)
  const automatic: Readonly<Record<string, string | null>> = {
    id,
    version: "1",
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
  }
  const cell = (member: ColumnMember): string | null => values[member.name] ?? automatic[member.name] ?? null
  const names = model.columns.map(({ columnName }) => quoted(columnName)).join(", ")
  const places = model.columns.map((_, i) => `$${i + 1}`).join(", ")
  await database.query(
    { text: `insert into ${quoted(model.table)} (${names}) values (${places})` },
    model.columns.map(cell),
  )
  return { id, values }
}

async function update(database: Database, catalog: Catalog, each: DrawnModel, id: string): Promise<Row> {
  const model = modelNamed(catalog, each.name)
  const n = ++counter
  const values: Record<string, string | null> = {}
  for (const field of each.fields) values[field.name] = valueOf(field, n)
  const columns = each.fields.map(({ name }) => model.members.get(name) as ColumnMember)
  const sets = columns.map(({ columnName }, i) => `${quoted(columnName)} = $${i + 2}`).join(", ")
  const { count } = await database.query({ text: `update ${quoted(model.table)} set ${sets} where id = $1` }, [
    id,
    ...columns.map(({ name }) => values[name]),
  ])
  expect(count).toBe(1)
  return { id, values }
}

async function read(
  database: Database,
  catalog: Catalog,
  each: DrawnModel,
): Promise<Map<string, Record<string, string | null>>> {
  const model = modelNamed(catalog, each.name)
  const columns = model.columns
    .map(({ columnName, name }) => `${quoted(columnName)}::text as ${quoted(name)}`)
    .join(", ")
  const { rows } = await database.query<Record<string, string | null>>({
    text: `select ${columns} from ${quoted(model.table)}`,
  })
  return new Map(rows.map((row) => [row["id"] ?? "", row]))
}

const successor = (old: DrawnModel, next: Drawn): DrawnModel | undefined =>
  next.find((each) => each.was === old.name) ?? next.find(({ name }) => name === old.name)

/** The field of the next release that has this one's values, whatever its name, if the type is the same. */
const fieldAfter = (old: DrawnField, next: DrawnModel): DrawnField | undefined =>
  next.fields.find(
    (each) =>
      (each.was ?? each.name) === old.name &&
      each.type === old.type &&
      (old.type !== "decimal" || each.bound % 4 === old.bound % 4),
  )

/** Whether a column has another type, so that only one of the releases can use it. */
const isRetyped = (old: DrawnModel, next: DrawnModel): boolean =>
  old.fields.some(
    (field) => next.fields.some(({ name }) => name === field.name) && fieldAfter(field, next) === undefined,
  )

/** What the next release keeps of a value as it was: unless it is stricter. */
function expectKept(
  before: ReadonlyMap<string, Record<string, string | null>>,
  after: ReadonlyMap<string, Record<string, string | null>>,
  old: DrawnModel,
  next: DrawnModel,
): void {
  expect(after.size).toBeGreaterThanOrEqual(before.size)
  for (const field of old.fields) {
    const now = fieldAfter(field, next)
    if (now === undefined) continue
    for (const [id, row] of before) {
      const value = row[field.name] ?? null
      const found = after.get(id)?.[now.name] ?? null
      if (value === null && !now.optional) expect(found).not.toBeNull()
      else if (now.type === "choice" && value !== null && !choices(now.bound).includes(value))
        expect(found === null || choices(now.bound).includes(found)).toBe(true)
      else expect({ id, field: now.name, value: found }).toEqual({ id, field: now.name, value })
    }
  }
}

describe("any two releases", () => {
  test(
    "a migration leads to the second one's database, keeps rows, and lets both work meanwhile",
    async () => {
      let run = 0
      await fc.assert(
        fc.asyncProperty(releases, async ([old, next]) => {
          const [oldCatalog, nextCatalog] = [catalogOf(old), catalogOf(next)]
          const schemas = [`was_${run}`, `is_${run++}`] as const
          using folder = migrationFolder("zoo")
          const target = { connectionString: made.url, searchPath: schemas[0] }
          await using database = openDatabase(target)
          await using fresh = openDatabase({ connectionString: made.url, searchPath: schemas[1] })
          const apply = (contract: boolean, onStep: () => void = () => {}) =>
            applyMigrations({
              target,
              database,
              service: "zoo",
              migrations: folder.read(),
              contract,
              onNews: ({ kind }) => {
                if (kind === "step") onStep()
              },
              pace: { batchRows: 2, rowsPerSecond: 1_000_000 },
              codeOf: () => () => Promise.reject(new Error("no code")),
            })
          try {
            for (const schema of schemas) await admin.query({ text: `create schema ${schema}` })
            await admin.query({ text: "create schema if not exists archipel" })
            await admin.query({
              text: "drop table if exists archipel.revisions, archipel.migrations, archipel.migration_steps",
            })
            await applyAdditive(fresh, nextCatalog, "zoo")
            await admin.query({ text: "delete from archipel.revisions" })
            const wanted = await catalogueOf(fresh)

            folder.plan(oldCatalog, "first")
            await apply(false)
            const ids = new Map<DrawnModel, Row[]>()
            for (const each of old) {
              const rows = []
              for (let i = 0; i < 5; i++) rows.push(await insert(database, oldCatalog, each))
              ids.set(each, rows)
            }
            folder.plan(nextCatalog, "second")
            // Nobody who writes meanwhile fails: the old release at each step until contract, the new one from there.
            const writing: Promise<Row>[] = []
            await apply(false, () => writing.push(...old.map((each) => insert(database, oldCatalog, each))))
            await Promise.all(writing.splice(0))

            // Both releases read and write.
            for (const each of old) {
              const [first] = ids.get(each) ?? []
              const row = await insert(database, oldCatalog, each)
              const changed = await update(database, oldCatalog, each, first?.id ?? "")
              const after = successor(each, next)
              if (after === undefined || isRetyped(each, after)) continue
              const seen = await read(database, nextCatalog, after)
              for (const { id, values } of [row, changed])
                for (const field of each.fields) {
                  const now = fieldAfter(field, after)
                  const value = values[field.name] ?? null
                  if (now !== undefined && (value !== null || now.was === undefined)) {
                    const found = seen.get(id)?.[now.name] ?? null
                    if (value === null || field.type === "text" || field.type === "bigint" || field.type === "uuid")
                      expect(found).toEqual(value)
                  }
                }
            }
            for (const each of next) {
              const before = old.find((one) => successor(one, next) === each)
              if (before !== undefined && isRetyped(before, each)) continue
              const row = await insert(database, nextCatalog, each)
              const changed = await update(database, nextCatalog, each, row.id)
              if (before === undefined) continue
              const seen = await read(database, oldCatalog, before)
              for (const field of before.fields) {
                const now = fieldAfter(field, each)
                if (now !== undefined && (field.type === "text" || field.type === "uuid"))
                  expect(seen.get(row.id)?.[field.name] ?? null).toEqual(changed.values[now.name] ?? null)
              }
            }
            const before = new Map<DrawnModel, Map<string, Record<string, string | null>>>()
            for (const each of old) before.set(each, await read(database, oldCatalog, each))

            const usable = next.filter((each) => {
              const was = old.find((one) => successor(one, next) === each)
              return was === undefined || !isRetyped(was, each)
            })
            await apply(true, () => writing.push(...usable.map((each) => insert(database, nextCatalog, each))))
            await Promise.all(writing)
            expect(await catalogueOf(database)).toEqual(wanted)
            for (const each of old) {
              const after = successor(each, next)
              if (after !== undefined)
                expectKept(before.get(each) ?? new Map(), await read(database, nextCatalog, after), each, after)
            }
            // What is done is done.
            expect(await apply(true)).toEqual({ steps: 0, waiting: undefined })
            expect(await catalogueOf(database)).toEqual(wanted)
          } finally {
            for (const schema of schemas) await admin.query({ text: `drop schema if exists ${schema} cascade` })
          }
        }),
        { numRuns: counted(5, 500), endOnFailure: true },
      )
    },
    counted(180_000, 3_600_000),
  )
})
