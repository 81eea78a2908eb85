import { setImmediate as nextTurn } from "node:timers/promises"
import { type Database, openDatabase } from "@archipel/data"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"

let place: TestDatabase
let db: Database

beforeAll(async () => {
  place = await testDatabase("write_groups")
  db = openDatabase({ connectionString: place.url })
  await db.query({
    text: `create table item (id int primary key, stock int check (stock >= 0), code text,
      constraint codes unique (code) deferrable initially deferred)`,
  })
})
afterAll(async () => {
  await db.close()
  await place.drop()
})
beforeEach(async () => {
  await db.query({ text: "truncate item" })
})

const insert = {
  name: "insert_item",
  text: "insert into item values ($1::int, $2::int, $3::text) returning pg_current_xact_id()::text",
}
const add = (id: number, stock = 1, code: string | null = null, database = db): Promise<string> =>
  database.cells(insert, [id, stock, code], { writes: true }).then((cells) => String(cells?.[0]))
const ids = Array.from({ length: 100 }, (_, i) => i)
const count = async (): Promise<number> => Number(await db.text({ text: "select count(*) from item" }))

/** What each came to: the number of its transaction, or the constraint that refused it. */
const outcomes = async (all: readonly Promise<string>[]): Promise<string[]> =>
  (await Promise.allSettled(all)).map((one) =>
    one.status === "fulfilled" ? "done" : String((one.reason as { constraint?: string }).constraint),
  )

test("writes that wait at the same time share transactions, of sixteen at most", async () => {
  const writing = ids.map((id) => add(id))
  await nextTurn()
  expect(db.stats.writes.waiting).toBe(100 - 4 * 16)
  const transactions = Map.groupBy(await Promise.all(writing), (xid) => xid)
  expect(db.stats.writes.waiting).toBe(0)
  expect(transactions.size).toBeLessThan(ids.length)
  expect(Math.max(...[...transactions.values()].map((some) => some.length))).toBeLessThanOrEqual(16)
  expect(await count()).toBe(100)
})

test("one that is refused is the only one, and says why", async () => {
  const all = await outcomes(ids.map((id) => add(id, id % 10 === 3 ? -1 : 1)))
  expect(all).toEqual(ids.map((id) => (id % 10 === 3 ? "item_stock_check" : "done")))
  expect(await count()).toBe(90)
})

test("one that the commit refuses is the only one", async () => {
  await add(1_000, 1, "taken")
  const all = await outcomes(ids.map((id) => add(id, 1, id === 40 ? "taken" : null)))
  expect(all).toEqual(ids.map((id) => (id === 40 ? "codes" : "done")))
  expect(await count()).toBe(100)
})

test("statements that were passed over are prepared when they run again", async () => {
  const named = (id: number) => ({
    name: `own_${id}`,
    text: `insert into item values ($1::int, $2::int) returning ${id}`,
  })
  const all = ids.map((id) =>
    db.cells(named(id), [id, id === 0 ? -1 : 1], { writes: true }).then((cells) => String(cells?.[0])),
  )
  expect(await outcomes(all)).toEqual(ids.map((id) => (id === 0 ? "item_stock_check" : "done")))
  const again = await Promise.all(ids.map((id) => db.cells(named(id), [id + 200, 1], { writes: true })))
  expect(again.map((cells) => cells?.[0])).toEqual(ids.map(String))
})

test("prepared statements stay within their bound", async () => {
  await using own = openDatabase({ connectionString: place.url, writeConnections: 1, maxPrepared: 3 })
  const named = (id: number) => ({
    name: `bounded_${id}`,
    text: `insert into item values ($1::int, 1) returning ${id}`,
  })
  await Promise.all(ids.map((id) => own.cells(named(id), [id], { writes: true })))
  expect(own.stats.prepared).toBeLessThanOrEqual(3)
})

test("groups that change the same records in other orders all come through", async () => {
  await db.query({ text: "insert into item select n, 0 from generate_series(1, 5) n" })
  const update = { name: "update_item", text: "update item set stock = stock + 1 where id = $1::int returning stock" }
  const one = async (i: number): Promise<void> => {
    const id = 1 + ((i * (i % 2 === 0 ? 1 : 4)) % 5)
    // As the writer does: whoever is held up waits in a transaction.
    await db.cells(update, [id], { writes: true }).catch(() => db.transaction((tx) => tx.cells(update, [id])))
  }
  await Promise.all(Array.from({ length: 500 }, (_, i) => one(i)))
  expect(await db.text({ text: "select sum(stock) from item" })).toBe("500")
})

test("a lost connection is told to all that were on it, and nothing is done twice", async () => {
  const own = openDatabase({ connectionString: place.url, writeConnections: 1 })
  const text = "insert into item values ($1::int, 1) returning (select pg_sleep(0.05))::text"
  const all = ids.slice(0, 20).map((id) => own.cells({ text }, [id], { writes: true }).then(() => "done"))
  await expect
    .poll(() =>
      db.text({
        text: `select count(*) from pg_stat_activity where query like '%pg_sleep(0.05)%' and pid <> pg_backend_pid()`,
      }),
    )
    .toBe("1")
  await db.query({
    text: `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(0.05)%' and pid <> pg_backend_pid()`,
  })
  const told = await Promise.allSettled(all)
  const done = told.filter(({ status }) => status === "fulfilled").length
  const lost = told.flatMap((one) => (one.status === "rejected" ? [(one.reason as { code: string }).code] : []))
  expect(new Set(lost)).toEqual(new Set(["database.unavailable"]))
  expect(await count()).toBe(done)
  await own.close()
})
