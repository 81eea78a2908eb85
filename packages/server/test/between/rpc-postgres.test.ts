import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contract, logic, model, text } from "@archipel/core"
import { type Database, openDatabase } from "@archipel/data"
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest"
import { testDatabase } from "../../../../tests/support/database.ts"
import { type Island, openIsland } from "../../src/apart/island.ts"
import { addressesFromText } from "../../src/between/addresses.ts"
import { noLog } from "../../src/log.ts"
import { service } from "../../src/service.ts"
import { credentialsOf } from "./fleet.ts"
import { outcome, type Sales, sales } from "./rpc-crm.ts"

contract("crm", { roles: ["user"], models: { Customer: model({ name: text() }) } })

const wait = { timeout: 20_000, interval: 20 }
const stack = new AsyncDisposableStack()
let island: Island
let near: Sales
let database: Database

beforeAll(async () => {
  const { url } = stack.use(await testDatabase("rpc_postgres"))
  const directory = await mkdtemp(join(tmpdir(), "archipel-rpc-postgres-"))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  // oxlint-disable-next-line typescript/no-explicit-any -- the contract belongs to this file, and to no program
  const rights = (logic as any)("crm.Customer").grant("crm.user", ["read", "create", "update", "delete"], "all")
  // oxlint-disable-next-line typescript/no-explicit-any
  const crm = (service as any)("crm", { logic: [rights] })
  island = stack.use(
    await openIsland({
      service: crm,
      program: [crm],
      credentials: await credentialsOf("crm"),
      addresses: addressesFromText("sales=127.0.0.1:1"),
      listen: { host: "127.0.0.1", port: 0 },
      url: "http://company.example",
      mayCall: (caller) => caller === "sales",
      dataDirectory: directory,
      env: { DATABASE_URL_CRM: url },
      log: noLog,
    }),
  )
  near = stack.use(await sales(island.address))
  database = stack.use(openDatabase({ connectionString: url }))
})
afterAll(() => stack.disposeAsync())
beforeEach(async () => {
  await database.query({ text: "delete from customers" }, [])
})

interface Activity {
  readonly waiting: string
}
/** Statements of the service that wait for the lock that a test holds. */
async function waiting(): Promise<number> {
  const { rows } = await database.query<Activity>(
    {
      text: `select count(*) as waiting from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and wait_event_type = 'Lock'`,
    },
    [],
    { parse: true },
  )
  return Number(rows[0]?.waiting)
}
const customers = async (): Promise<number> => {
  const { rows } = await database.query<Activity>({ text: "select count(*) as waiting from customers" }, [], {
    parse: true,
  })
  return Number(rows[0]?.waiting)
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
