import { expect, inject, test, vi } from "vitest"
import pg from "pg"
import { testDatabase } from "../../../../tests/support/database.ts"
import { bearer, DEADLINE, directoryProgram, users } from "./directory-program.ts"

const COUNTRIES = "/api/crm/countries"
const MINUTE = 60_000

test("without its database identity lets in whom it knows, for five minutes and no token longer than it lives", async () => {
  await using identity = await testDatabase("outage")
  const administrator = new pg.Client({ connectionString: inject("postgresUrl") })
  await administrator.connect()
  await using around = new AsyncDisposableStack()
  around.defer(() => administrator.end())
  const reachable = async (isReachable: boolean): Promise<void> => {
    await administrator.query(`alter database ${pg.escapeIdentifier(identity.name)} allow_connections ${isReachable}`)
    if (isReachable) return
    await administrator.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [
      identity.name,
    ])
  }
  let ahead = 0
  await using program = await directoryProgram({ url: identity.url, now: () => new Date(Date.now() + ahead) })
  around.defer(() => reachable(true))
  const exp = Math.floor(Date.now() / 1_000) + 3_600
  const long = await program.token({ sub: users.clara, sid: await program.login(users.clara), exp })
  const short = await program.token({ sub: users.clara, sid: await program.login(users.clara) })
  const stranger = await program.token({ sub: users.martin, sid: await program.login(users.martin), exp })
  const status = async (token: string) => (await program.ask(COUNTRIES, bearer(token))).status
  expect([await status(long), await status(short)]).toEqual([200, 200])

  await reachable(false)
  expect([await status(long), await status(short)]).toEqual([200, 200])
  const unknown = await program.ask(COUNTRIES, bearer(stranger))
  expect(unknown.status).toBe(503)
  expect(unknown.json).toMatchObject({ code: "service.unavailable", retryable: true })
  expect(unknown.headers.get("retry-after")).toBe("5")
  ahead = 4 * MINUTE
  expect(await status(long)).toBe(200)
  ahead = 5 * MINUTE + 1_000
  expect(await status(long)).toBe(503)
  ahead = 6 * MINUTE
  expect(await status(short)).toBe(401)

  await reachable(true)
  await vi.waitFor(async () => expect(await status(long)).toBe(200), DEADLINE)
  await vi.waitFor(async () => expect(await status(stranger)).toBe(200), DEADLINE)
})
