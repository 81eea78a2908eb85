import { createSecrets, openServices, type OpenServices } from "@archipel/server"
import { randomBytes } from "node:crypto"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../tests/support/database.ts"
import { gatewayService } from "../src/gateway-service.ts"
import { createSessionStore, RENEWAL_MS, type SessionStore, type Tokens } from "../src/session-store.ts"

const USER = "01900000-0000-7000-8000-000000000001"
const HOUR_MS = 3_600_000
const tokens = (accessToken: string): Tokens => ({
  accessToken,
  accessUntil: 0,
  refreshToken: "a refresh token",
  idToken: "an id token",
})

let database: TestDatabase
let open: OpenServices
let store: SessionStore
let now: Date
beforeAll(async () => {
  database = await testDatabase("gateway")
  open = await openServices({
    services: [gatewayService()],
    env: { DATABASE_URL: database.url },
    dataDirectory: "/nonexistent",
  })
  store = createSessionStore({
    database: open.databaseOf("gateway"),
    secrets: createSecrets(randomBytes(32)),
    times: { idleMs: HOUR_MS, absoluteMs: 3 * HOUR_MS },
    now: () => now,
  })
})
beforeEach(() => {
  now = new Date("2026-01-01T12:00:00.000Z")
})
afterAll(async () => {
  await open.close()
  await database[Symbol.asyncDispose]()
})

const later = (ms: number): void => {
  now = new Date(now.getTime() + ms)
}

test("a session is found by its handle alone, and no table has the handle or a token", async () => {
  const handle = await store.create({ user: USER, sid: "s1", tokens: tokens("access-token-in-clear") })
  expect(await store.find(handle)).toMatchObject({ user: USER, sid: "s1", tokens: tokens("access-token-in-clear") })
  expect(await store.find(`${handle.slice(0, -1)}${handle.endsWith("A") ? "B" : "A"}`)).toBeUndefined()
  expect(await store.find("' or true --")).toBeUndefined()
  const { rows } = await open.databaseOf("gateway").query({ text: "select sessions::text as row from sessions" })
  const stored = rows.map(({ row }) => row).join("\n")
  expect(stored).toContain(USER)
  for (const secret of [handle, "access-token-in-clear", "a refresh token"]) expect(stored).not.toContain(secret)
})

test("a session ends when nobody uses it for long, and at last whatever is done", async () => {
  const handle = await store.create({ user: USER, sid: "s2", tokens: tokens("a") })
  for (let used = 0; used < 3; used++) {
    later(HOUR_MS - 1)
    const session = await store.find(handle)
    expect(session).toBeDefined()
    await store.seen(session?.hash ?? "")
  }
  later(10)
  expect(await store.find(handle)).toBeUndefined()

  const idle = await store.create({ user: USER, sid: "s3", tokens: tokens("a") })
  later(HOUR_MS + 1)
  expect(await store.find(idle)).toBeUndefined()
  expect(await store.purge(1_000)).toBeGreaterThanOrEqual(2)
  expect(await store.purge(1_000)).toBe(0)
})

test("of several processes one renews, and a renewal that never ended is taken over", async () => {
  const handle = await store.create({ user: USER, sid: "s4", tokens: tokens("old") })
  const hash = (await store.find(handle))?.hash ?? ""
  const begun = await Promise.all(Array.from({ length: 5 }, () => store.beginRenewal(hash)))
  expect(begun.filter(Boolean)).toHaveLength(1)
  later(RENEWAL_MS + 1)
  expect(await store.beginRenewal(hash)).toBe(true)
  await store.endRenewal(hash, tokens("new"))
  expect((await store.find(handle))?.tokens.accessToken).toBe("new")
  expect(await store.beginRenewal(hash)).toBe(true)
  await store.endRenewal(hash, undefined)
  expect((await store.find(handle))?.tokens.accessToken).toBe("new")
})

test("a logout ends the sessions of one login, or all of a user's", async () => {
  const other = "01900000-0000-7000-8000-000000000002"
  const [one, two, foreign] = await Promise.all([
    store.create({ user: USER, sid: "s5", tokens: tokens("a") }),
    store.create({ user: USER, sid: "s6", tokens: tokens("a") }),
    store.create({ user: other, sid: "s7", tokens: tokens("a") }),
  ])
  await store.removeOf({ sid: "s5" })
  expect(await store.find(one)).toBeUndefined()
  expect(await store.find(two)).toBeDefined()
  await store.removeOf({ user: USER })
  expect(await store.find(two)).toBeUndefined()
  expect(await store.find(foreign)).toBeDefined()
})
