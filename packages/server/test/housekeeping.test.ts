import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { resolveCatalog, identity } from "@archipel/core"
import { applyAdditive, type Database, openDatabase, withHousekeepingLock } from "@archipel/data"
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest"
import { testDatabase, type TestDatabase } from "../../../tests/support/database.ts"
import { diskFiles } from "../src/files/disk-files.ts"
import { housekeep, startHousekeeping } from "../src/housekeeping.ts"

let made: TestDatabase
let database: Database
let directory: string
const errors: unknown[] = []
const log = { error: (_message: string, error: unknown) => void errors.push(error) }
const hours = (n: number) => n * 3_600_000

beforeAll(async () => {
  made = await testDatabase("housekeeping")
  database = openDatabase({ connectionString: made.url })
  await applyAdditive(database, resolveCatalog([identity.definition]), "identity")
  directory = await mkdtemp(join(tmpdir(), "archipel-housekeeping-"))
})
beforeEach(async () => {
  errors.length = 0
  await database.query({ text: "delete from archipel.idempotency" })
  await database.query({
    text: `insert into archipel.idempotency (principal, key, fingerprint, created_at)
      select 'user:a', 'k' || n, 'f', now() - n * interval '10 hours' from generate_series(0, 4) n`,
  })
})
afterAll(async () => {
  await database.close()
  await made.drop()
  await rm(directory, { recursive: true, force: true })
})
const keys = async () =>
  (await database.query<{ key: string }>({ text: "select key from archipel.idempotency order by key" })).rows.map(
    ({ key }) => key,
  )

test("old keys and untaken files go, what is younger stays", async () => {
  async function* bytes() {
    yield Buffer.from("x")
  }
  const files = diskFiles(directory, () => new Date(Date.now() + hours(26)))
  const { id } = await files.put(bytes(), { name: "a", type: "text/plain" }, 10)
  await housekeep({ databases: [database], files, log })
  expect(await keys()).toEqual(["k0", "k1", "k2"])
  expect(await files.read(id)).toBeNull()
  await housekeep({ databases: [database], log, now: () => new Date(Date.now() + hours(8)) })
  expect(await keys()).toEqual(["k0", "k1"])
  expect(errors).toEqual([])
})

test("only one process at a time does it", async () => {
  await withHousekeepingLock(database, async () => {
    await housekeep({ databases: [database], log })
    expect(await keys()).toHaveLength(5)
  })
  await housekeep({ databases: [database], log })
  expect(await keys()).toHaveLength(3)
})

test("a failure is logged, and the rest goes on", async () => {
  const gone = openDatabase({ connectionString: made.url })
  await gone.close()
  await housekeep({ databases: [gone, database], log })
  expect(errors).toHaveLength(1)
  expect(await keys()).toHaveLength(3)
})

test("a pass follows the other, each some time after the last one ended, until it is stopped", async () => {
  vi.useFakeTimers()
  try {
    const passes: (() => void)[] = []
    const housekeeping = startHousekeeping(
      () => new Promise((resolve) => passes.push(resolve)),
      () => 1,
    )
    await vi.advanceTimersByTimeAsync(hours(1.25) - 1)
    expect(passes).toHaveLength(0)
    await vi.advanceTimersByTimeAsync(hours(10))
    expect(passes).toHaveLength(1)
    passes[0]?.()
    await vi.advanceTimersByTimeAsync(hours(1.25))
    expect(passes).toHaveLength(2)
    const stopped = housekeeping.stop()
    passes[1]?.()
    await stopped
    await vi.advanceTimersByTimeAsync(hours(10))
    expect(passes).toHaveLength(2)
  } finally {
    vi.useRealTimers()
  }
})
