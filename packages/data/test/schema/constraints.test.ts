import { identity, resolveCatalog } from "@archipel/core"
import {
  applyAdditive,
  type Database,
  desiredSchema,
  nextNumber,
  openDatabase,
  purge,
  schemaMeaning,
  searchCondition,
  searchExpression,
  searchPatterns,
} from "@archipel/data"
import { randomUUID } from "node:crypto"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"
import { lab } from "./every-field.ts"

const catalog = resolveCatalog([identity.definition, lab.definition])
const meaning = schemaMeaning(catalog, "lab")
let made: TestDatabase
let db: Database
let patient: string

beforeAll(async () => {
  made = await testDatabase("constraints")
  db = openDatabase({ connectionString: made.url })
  await applyAdditive(db, catalog, "lab")
  patient = await insert("patients", { name: "Ada", code: 1 })
})
afterAll(async () => {
  await db.close()
  await made.drop()
})

async function insert(table: string, values: Record<string, unknown>): Promise<string> {
  const row: Record<string, unknown> = { id: randomUUID(), ...values }
  const names = Object.keys(row)
  const text = `insert into ${table} (${names.join(", ")}) values (${names.map((_, i) => `$${i + 1}`).join(", ")})`
  await db.query({ text }, Object.values(row))
  return row["id"] as string
}

let count = 0
const sample = (values: Record<string, unknown> = {}): Promise<string> => {
  const number = ++count
  return insert("samples", {
    number: `S-${number}`,
    title: `t${number}`,
    seen_at: "2026-02-01T00:00:00Z",
    kind: "blood",
    patient_id: patient,
    ...values,
  })
}

/** What the constraint that refuses this means. */
async function violated(writing: Promise<unknown>): Promise<object | undefined> {
  const error: unknown = await writing.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  const name = (error as { constraint?: string }).constraint
  if (name === undefined) throw new Error("no constraint was violated", { cause: error })
  const { mistake: _, ...rest } = meaning.constraint(name) ?? {}
  return rest
}

describe("each constraint means something in the contract", () => {
  test("length, values and range of a field", async () => {
    const of = (kind: string, field: string) => ({ model: "lab.Sample", kind, fields: [field] })
    expect(await violated(sample({ title: "x".repeat(21) }))).toEqual(of("length", "title"))
    expect(await violated(sample({ kind: "water" }))).toEqual(of("values", "kind"))
    expect(await violated(sample({ status: "lost" }))).toEqual(of("values", "status"))
    expect(await violated(sample({ pieces: 101 }))).toEqual(of("range", "pieces"))
    expect(await violated(sample({ pieces: -1 }))).toEqual(of("range", "pieces"))
    expect(await violated(sample({ weight: "-1.501" }))).toEqual(of("range", "weight"))
    await sample({ title: "é".repeat(20), pieces: 100, weight: "-1.5", kind: "it's \\ odd" })
  })

  test("unique fields and compounds, but for empty and archived ones", async () => {
    await sample({ contact: "a@example.com", title: "twice" })
    expect(await violated(sample({ contact: "a@example.com" }))).toEqual({
      model: "lab.Sample",
      kind: "unique",
      fields: ["contact"],
    })
    expect(await violated(sample({ title: "twice" }))).toEqual({
      model: "lab.Sample",
      kind: "unique",
      fields: ["patient", "title"],
    })
    await sample({ contact: "a@example.com", title: "twice", archived_at: "2026-03-01T00:00:00Z" })
    await sample({ contact: null })
    await sample({ contact: null })
    const number = `S-${++count}x`
    await sample({ number, archived_at: "2026-03-01T00:00:00Z" })
    expect(await violated(sample({ number }))).toEqual({ model: "lab.Sample", kind: "unique", fields: ["number"] })
  })

  test("an id that was used", async () => {
    const id = await sample()
    expect(await violated(sample({ id }))).toEqual({ model: "lab.Sample", kind: "primaryKey", fields: ["id"] })
  })

  test("the contract's own checks, two-valued", async () => {
    const of = (code: string, ...fields: string[]) => ({ model: "lab.Sample", kind: "condition", fields, code })
    expect(await violated(sample({ urgent: true }))).toEqual(of("sample.urgent_needs_contact", "urgent", "contact"))
    await sample({ urgent: true, contact: "b@example.com" })
    expect(await violated(sample({ title: "buy späm_ now" }))).toEqual(of("sample.no_spam", "title"))
    await sample({ title: "buy spämX now" })
    expect(await violated(sample({ weight: "1000" }))).toEqual(of("sample.light", "weight"))
    const mistake = [...desiredSchema(catalog, "lab").tables]
      .flatMap((table) => table.checks)
      .map(({ name }) => meaning.constraint(name)?.mistake)
      .find((one) => one?.code === "sample.light")
    expect(mistake).toEqual({
      path: "/weight",
      code: "sample.light",
      detail: "The Sample does not satisfy the check sample.light on weight.",
    })
  })

  test("references: refused, cascading, cleared, of other services unchecked", async () => {
    const reference = (model: string, field: string) => ({ model, kind: "reference", fields: [field] })
    expect(await violated(sample({ patient_id: randomUUID() }))).toEqual(reference("lab.Sample", "patient"))
    const other = await insert("patients", { name: "Bob", code: 2 })
    const parent = await sample({ patient_id: other, doctor_id: randomUUID() })
    expect(await violated(db.query({ text: "delete from patients where id = $1" }, [other]))).toEqual(
      reference("lab.Sample", "patient"),
    )
    const child = await sample({ parent_id: parent, referrer_id: other })
    await insert("findings", { sample_id: parent, text: "line" })
    await db.transaction(async (tx) => {
      await tx.query({ text: "update samples set patient_id = $1 where id = $2" }, [patient, parent])
      await tx.query({ text: "delete from patients where id = $1" }, [other])
    })
    const referrer = await db.query<{ empty: boolean }>(
      { text: "select referrer_id is null as empty from samples where id = $1" },
      [child],
      { parse: true },
    )
    expect(referrer.rows).toEqual([{ empty: true }])
    await db.query({ text: "delete from samples where id = $1" }, [parent])
    expect(await db.text({ text: "select count(*) from samples where id = $1" }, [child])).toBe("0")
    expect(await db.text({ text: "select count(*) from findings where sample_id = $1" }, [parent])).toBe("0")
  })

  test("links exist once and go with either side", async () => {
    const source = await sample()
    const tag = await insert("tags", { name: "red" })
    const link = () =>
      db.query({ text: "insert into samples__tags (source_id, target_id) values ($1, $2)" }, [source, tag])
    await link()
    expect(await violated(link())).toEqual({ model: "lab.Sample", kind: "primaryKey", fields: ["tags"] })
    await db.query({ text: "delete from tags where id = $1" }, [tag])
    expect(await db.text({ text: "select count(*) from samples__tags where source_id = $1" }, [source])).toBe("0")
    expect(await violated(link())).toEqual({ model: "lab.Sample", kind: "reference", fields: ["tags"] })
  })

  test("columns are known by field", () => {
    expect(meaning.column("samples", "seen_at")).toBe("seenAt")
    expect(meaning.column("samples", "nothing")).toBeUndefined()
    expect(meaning.constraint("nothing")).toBeUndefined()
  })
})

describe("texts", () => {
  test("are in order of code points, which is the order of their UTF-8 bytes", async () => {
    const words = ["b", "B", "a", "é", "z", "Z", "\u{1F600}", "\uFF21", "1", ""]
    for (const [position, name] of words.entries()) await insert("patients", { name: `o${name}`, code: 100 + position })
    const sorted = await db.query<{ name: string }>({
      text: "select name from patients where code >= 100 order by name",
    })
    expect(sorted.rows.map(({ name }) => name.slice(1))).toEqual(
      words.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    )
  })

  test("are found by words without case and accents, served by an index", async () => {
    const columns = desiredSchema(catalog, "lab")
      .tables.find(({ name }) => name === "patients")
      ?.indexes.find(({ method }) => method === "trigram")
      ?.columns.map(({ name }) => name)
    expect(columns).toEqual(["name"])
    await insert("patients", { name: "Ðorđe Ünsal-ÉTÉ 100%_x", code: 50 })
    await db.query({
      text: "insert into patients (id, name, code) select gen_random_uuid(), md5(n::text), 1000 + n from generate_series(1, 5000) n",
    })
    await db.query({ text: "analyze patients" })
    const text = `select code from patients where ${searchCondition(searchExpression(["name"]), "$1::text[]")} order by code`
    const found = async (search: string): Promise<string[]> =>
      (await db.query<{ code: string }>({ text }, [searchPatterns(search)])).rows.map(({ code }) => code)
    expect(await found("été UNSAL")).toEqual(["50"])
    expect(await found("ete 100%_")).toEqual(["50"])
    expect(await found("ete ete unsal unsal Ðor x")).toEqual(["50"])
    expect(await found("ete ete unsal unsal Ðor missing")).toEqual([])
    expect(await found("etx")).toEqual([])
    const plan = await db.query<{ "QUERY PLAN": string }>({
      text: `explain ${text.replaceAll("$1", `'{%unsal%,%ete%}'`)}`,
    })
    expect(plan.rows.map((row) => row["QUERY PLAN"]).join("\n")).toContain("patients_search")
  })
})

describe("numbers", () => {
  const member = (name: string) => {
    const found = catalog.models.get("lab.Sample")?.members.get(name)
    if (found?.kind !== "field") throw new Error(`no field ${name}`)
    return found
  }
  const take = (name: string, day: string): Promise<string | null> =>
    db.text({ text: `select ${nextNumber(member(name), "$1::date")}` }, [day])

  test("count from one in each period, and grow beyond their digits", async () => {
    expect(await take("number", "2026-05-01")).toBe("S-2026-00001")
    expect(await take("number", "2026-12-31")).toBe("S-2026-00002")
    expect(await take("number", "2027-01-01")).toBe("S-2027-00001")
    expect(await take("receipt", "2026-01-01")).toBe("R001")
    await db.query({ text: "update archipel.counters set n = 999" })
    expect(await take("receipt", "2027-01-01")).toBe("R1000")
  })

  test("are different for all who ask at once for the first of a period", async () => {
    const given = await Promise.all(
      Array.from({ length: 24 }, () =>
        db.transaction((tx) => tx.text({ text: `select ${nextNumber(member("number"), "date '2031-01-01'")}` })),
      ),
    )
    expect(new Set(given).size).toBe(24)
    expect(given.every((number) => /^S-2031-000(0[1-9]|1\d|2[0-4])$/.test(number ?? ""))).toBe(true)
  })

  test("have no gaps where none are allowed, whoever is undone", async () => {
    const before = Number((await take("receipt", "2026-01-01"))?.slice(1))
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, position) =>
        db.transaction(async (tx) => {
          const number = await tx.text({ text: `select ${nextNumber(member("receipt"), "date '2026-01-01'")}` })
          if (position % 3 === 0) throw new Error("undone")
          return Number(number?.slice(1))
        }),
      ),
    )
    const given = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []))
    expect(given.toSorted((a, b) => a - b)).toEqual(given.map((_, position) => before + 1 + position))
  })
})

describe("the framework's own", () => {
  test("a statement undoes itself where a check fails", async () => {
    const failing = db.query({
      text: `with made as (insert into patients (id, name, code) values (gen_random_uuid(), 'undone', 77) returning code)
             select case when code < 50 then true else archipel.fail('patient.code', '{"limit": 50}') end from made`,
    })
    await expect(failing).rejects.toMatchObject({ code: "AR001", message: "patient.code", detail: '{"limit": 50}' })
    expect(await db.text({ text: "select count(*) from patients where code = 77" })).toBe("0")
  })

  test("old rows are purged in pieces", async () => {
    await db.query({
      text: `insert into archipel.history (at, model, record_id, version, operation, actor_kind, changes)
             select timestamptz '2020-01-01' + n * interval '1 day', 'lab.Sample', gen_random_uuid(), 1, 'create', 'system', '{}'
             from generate_series(1, 100) n`,
    })
    const before = new Date("2020-02-01T00:00:00Z")
    const taken = [
      await purge(db, "history", before, 20),
      await purge(db, "history", before, 20),
      await purge(db, "history", before, 20),
    ]
    expect(taken).toEqual([20, 10, 0])
    expect(await db.text({ text: "select count(*) from archipel.history where model = 'lab.Sample'" })).toBe("70")
    await db.query({
      text: "insert into archipel.idempotency (principal, key, fingerprint, created_at) values ('p', 'old', '', '2020-01-01'), ('p', 'new', '', now())",
    })
    expect(await purge(db, "idempotency", before)).toBe(1)
  })
})
