import { type Database, openDatabase } from "@archipel/data"
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest"
import { outcome, type Sales, sales } from "./rpc-crm.ts"
import { crmIsland } from "./rpc-island.ts"

const wait = { timeout: 20_000, interval: 20 }
const stack = new AsyncDisposableStack()
let near: Sales
let database: Database

beforeAll(async () => {
  const { island, databaseUrl } = stack.use(await crmIsland())
  near = stack.use(await sales(island.address))
  database = stack.use(openDatabase({ connectionString: databaseUrl }))
})
afterAll(() => stack.disposeAsync())
beforeEach(async () => {
  await database.query({ text: "delete from customers" }, [])
})

interface Counted {
  readonly count: string
}
/** Statements of the service that wait for the lock that a test holds. */
async function waiting(): Promise<number> {
  const { rows } = await database.query<Counted>(
    {
      text: `select count(*) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and wait_event_type = 'Lock'`,
    },
    [],
    { parse: true },
  )
  return Number(rows[0]?.count)
}
const customers = async (): Promise<number> => {
  const { rows } = await database.query<Counted>({ text: "select count(*) from customers" }, [], {
    parse: true,
  })
  return Number(rows[0]?.count)
}

/** While the table is locked, so that every statement about it waits. */
const locked = (work: () => Promise<void>): Promise<void> =>
  database.transaction(async (transaction) => {
    await transaction.query({ text: "lock table customers in access exclusive mode" }, [])
    await work()
  })

test("it is asked and written to, in the name of the service with the certificate", async () => {
  expect(await outcome(near.write())).toBe("ok")
  expect(await near.ask()).toMatchObject({ next: null })
  expect(await customers()).toBe(1)
})

test("a caller that is gone stops the statement that works for it", async () => {
  const gone = new AbortController()
  await locked(async () => {
    const answer = near.ask({ signal: gone.signal })
    await vi.waitFor(async () => expect(await waiting()).toBe(1), wait)
    gone.abort(new Error("gone"))
    await expect(answer).rejects.toThrow("gone")
    await vi.waitFor(async () => expect(await waiting()).toBe(0), wait)
  })
  expect(await outcome(near.ask())).toBe("ok")
})

test("a deadline that has passed stops the statement, and a write leaves nothing behind", async () => {
  await locked(async () => {
    const answer = outcome(near.write())
    await vi.waitFor(async () => expect(await waiting()).toBe(1), wait)
    expect(await answer).toBe("service.unavailable crm")
    await vi.waitFor(async () => expect(await waiting()).toBe(0), wait)
  })
  expect(await customers()).toBe(0)
})

test("a write with a key that is sent twice is done once", async () => {
  const key = { key: "0190a0b0-0000-7000-8000-000000000001", fingerprint: "f" }
  expect(await outcome(near.write(key))).toBe("ok")
  expect(await outcome(near.write(key))).toBe("ok")
  expect(await customers()).toBe(1)
})
