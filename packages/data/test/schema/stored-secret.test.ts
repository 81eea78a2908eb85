import { identity, resolveCatalog } from "@archipel/core"
import { applyAdditive, openDatabase, storedSecret } from "@archipel/data"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"
import { lab } from "./every-field.ts"

let made: TestDatabase
beforeAll(async () => {
  made = await testDatabase("secret")
  await using database = openDatabase({ connectionString: made.url })
  await applyAdditive(database, resolveCatalog([identity.definition, lab.definition]), "lab")
})
afterAll(async () => {
  await made[Symbol.asyncDispose]()
})

test("processes that start together get the same secret, and so does one that comes later", async () => {
  await using databases = new AsyncDisposableStack()
  const starting = Array.from({ length: 6 }, () => databases.use(openDatabase({ connectionString: made.url })))
  const secrets = await Promise.all(starting.map((database) => storedSecret(database, "cursor:lab")))
  expect(new Set(secrets.map((secret) => secret.toString("hex"))).size).toBe(1)
  expect(secrets[0]?.byteLength).toBe(32)
  await using later = openDatabase({ connectionString: made.url })
  expect(await storedSecret(later, "cursor:lab")).toEqual(secrets[0])
})

test("secrets of different names differ", async () => {
  await using database = openDatabase({ connectionString: made.url })
  expect(await storedSecret(database, "cursor:shop")).not.toEqual(await storedSecret(database, "cursor:lab"))
})
