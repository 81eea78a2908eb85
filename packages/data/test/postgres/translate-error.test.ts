import { type Database, openDatabase, translateError, type TranslationContext } from "@archipel/data"
import { ArchipelError } from "@archipel/core"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"

let place: TestDatabase
let db: Database

beforeAll(async () => {
  place = await testDatabase("translate")
  db = openDatabase({ connectionString: place.url })
  await db.query({ text: "create table customer (id int primary key)" })
  await db.query({
    text: `create table "order" (
      id int primary key, number text not null, total numeric(5, 2), customer int,
      constraint order_number_key unique (number),
      constraint order_customer_fkey foreign key (customer) references customer,
      constraint order_total_check check (total >= 0),
      constraint order_number_check check (number <> 'forbidden'))`,
  })
  await db.query({ text: "insert into customer values (1)" })
  await db.query({ text: `insert into "order" values (1, 'A', 1, 1)` })
})
afterAll(async () => {
  await db.close()
  await place.drop()
})

const mistake = { path: "/number", code: "order.forbidden", detail: "This number is not allowed." }
const fieldsOf: Record<string, readonly string[]> = {
  order_number_key: ["number"],
  order_customer_fkey: ["customer"],
  order_total_check: ["total"],
}
const context = (operation: "write" | "delete"): TranslationContext => ({
  model: "sales.Order",
  operation,
  column: (name) => (name === "number" ? "number" : undefined),
  constraint: (name) =>
    name === "order_number_check"
      ? { model: "sales.Order", fields: ["number"], mistake }
      : { model: "sales.Order", fields: fieldsOf[name] ?? [] },
})

test.each([
  [`insert into "order" values (2, 'A', 1, 1)`, "record.duplicate", { model: "sales.Order", fields: ["number"] }],
  [
    `insert into "order" values (2, 'B', 1, 99)`,
    "record.missing_target",
    { model: "sales.Order", fields: ["customer"] },
  ],
  ["delete from customer", "record.reference", { model: "sales.Order", field: "customer" }],
  [
    `insert into "order" values (2, 'B', -1, 1)`,
    "record.check_failed",
    { model: "sales.Order", constraint: "order_total_check", fields: ["total"] },
  ],
  [`insert into "order" values (2, 'forbidden', 1, 1)`, "record.invalid", { errors: [mistake] }],
  [`insert into "order" values (2, null, 1, 1)`, "record.invalid_value", { model: "sales.Order", field: "number" }],
  [`insert into "order" values (2, 'B', 123456789, 1)`, "record.invalid_value", { model: "sales.Order" }],
  ["select 'secret'::int", "record.invalid_value", { model: "sales.Order" }],
  ["select 1 from nowhere", "internal", {}],
])("%s is %s", async (text, code, details) => {
  const failure = await db.query({ text }).catch((error: unknown) => error)
  const error = translateError(failure, context(text.startsWith("delete") ? "delete" : "write"))
  expect(error).toBeInstanceOf(ArchipelError)
  expect(error).toMatchObject({ code, details, cause: failure })
  for (const word of ["insert", "select", "secret", "123456789", "nowhere", "_key", "_check"]) {
    expect((error as Error).message).not.toContain(word)
  }
})

test("what is not the database's stays as it is", () => {
  const mine = new TypeError("mine")
  const named = new ArchipelError("database.busy", { retryAfterSeconds: 1 })
  expect(translateError(mine, context("write"))).toBe(mine)
  expect(translateError(named, context("write"))).toBe(named)
})
