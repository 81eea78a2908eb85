import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { open, startFailures } from "@archipel/server"
import { noLog } from "../../../server/src/log.ts"
import { afterAll, beforeAll, expect, test } from "vitest"
import { asksOf } from "../../../../tests/support/asking.ts"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"
import { identityService } from "../../src/service/service.ts"

let dataDirectory: string
let database: TestDatabase
beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "archipel-production-"))
  database = await testDatabase("production")
})
afterAll(async () => {
  await database?.drop()
  await rm(dataDirectory, { recursive: true, force: true })
})

const openWith = (env: Readonly<Record<string, string>>) =>
  open([identityService()], {
    port: 0,
    host: "127.0.0.1",
    dataDirectory,
    log: noLog,
    env: { NODE_ENV: "production", DATABASE_URL_IDENTITY: database.url, ...env },
  })
const refusalOf = async (env: Readonly<Record<string, string>>): Promise<string[]> => {
  const error: unknown = await openWith(env).then(
    (program) => program.close().then(() => "it started"),
    (reason: unknown) => reason,
  )
  return (startFailures(error) ?? []).map(({ says }) => says)
}
const good = {
  ARCHIPEL_URL: "https://erp.example.com",
  ARCHIPEL_SECRET: "forty-eight bytes of an unguessable secret, or so",
  SMTP_URL: "smtps://mail.example.com",
  MAIL_FROM: "erp@example.com",
}

test("every missing setting is named at once", async () => {
  const says = await refusalOf({})
  for (const name of ["ARCHIPEL_URL", "ARCHIPEL_SECRET", "SMTP_URL"])
    expect(says.filter((line) => line.startsWith(`${name} is not set`))).toHaveLength(1)
  expect(says).toHaveLength(3)
})

test("so is every unsafe one", async () => {
  const bad = { ...good, ARCHIPEL_URL: "http://erp.example.com", ARCHIPEL_SECRET: "short" }
  expect(await refusalOf(bad)).toEqual([
    expect.stringMatching(/^ARCHIPEL_SECRET has fewer than 32 bytes/),
    expect.stringMatching(/^ARCHIPEL_URL begins with http:/),
  ])
  expect(await refusalOf({ ...good, ARCHIPEL_URL: "https://erp.example.com/path" })).toEqual([
    expect.stringMatching(/^ARCHIPEL_URL must be an origin/),
  ])
})

test("production has no development users, refuses their tokens, and says how the first administrator gets in", async () => {
  await using first = await openWith(good)
  expect(first.welcome).toEqual([expect.stringContaining("ARCHIPEL_ADMIN_EMAIL")])
  const ask = asksOf(first.url)
  for (const authorization of ["Bearer dev:alice", "Bearer dev:01900000-0000-7000-8000-000000000001"])
    expect(await ask("/api/identity/users", { as: null, headers: { authorization } })).toMatchObject({
      status: 401,
      json: { code: "auth.invalid" },
    })
  await first.close()

  await using second = await openWith({ ...good, ARCHIPEL_ADMIN_EMAIL: "Boss@example.com" })
  expect(second.welcome.join("\n")).toMatch(
    /^boss@example\.com .*https:\/\/erp\.example\.com\/account\/invite\/[\w-]{43}$/,
  )
  await second.close()

  await using third = await openWith({ ...good, ARCHIPEL_ADMIN_EMAIL: "other@example.com" })
  expect(third.welcome).toEqual([])
})
