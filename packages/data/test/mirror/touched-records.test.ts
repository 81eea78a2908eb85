import { randomUUID } from "node:crypto"
import { identity, resolveCatalog } from "@archipel/core"
import {
  applyAdditive,
  type Database,
  feedPosition,
  type FeedPosition,
  openDatabase,
  type Queryable,
  touchedRecords,
} from "@archipel/data"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testDatabase, type TestDatabase } from "../../../../tests/support/database.ts"
import { propertySeed } from "../../../../tests/support/counts.ts"
import { seededRandom } from "../read/random.ts"

const MODEL = "shop.Item"
let place: TestDatabase
let db: Database

beforeAll(async () => {
  place = await testDatabase("touched")
  db = openDatabase({ connectionString: place.url })
  await applyAdditive(db, resolveCatalog([identity.definition]), "identity")
})
afterAll(async () => {
  await db.close()
  await place.drop()
})

async function write(on: Queryable, id: string, model = MODEL): Promise<void> {
  await on.query(
    {
      text: "insert into archipel.history (model, record_id, version, operation, actor_kind, changes) values ($1, $2, 1, 'update', 'system', '{}')",
    },
    [model, id],
  )
}

/** Everything behind a position, a page of so many writes at a time. */
async function rest(position: FeedPosition, limit = 100): Promise<{ ids: string[]; position: FeedPosition }> {
  const ids: string[] = []
  for (let at = position; ; ) {
    const touched = await touchedRecords(db, [MODEL], at, limit)
    if (!touched) throw new Error("The database is the same.")
    ids.push(...(touched.ids.get(MODEL) ?? []))
    at = touched.position
    if (touched.isComplete) return { ids, position: at }
  }
}

/** A transaction that has written and stays open until it is told to end. */
async function openWrite(id: string): Promise<{ commit(): Promise<void>; undo(): Promise<void> }> {
  const written = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const done = db.transaction(async (tx) => {
    await write(tx, id)
    written.resolve()
    await end.promise
  })
  done.catch(() => {})
  await written.promise
  return {
    async commit() {
      end.resolve()
      await done
    },
    async undo() {
      end.reject(new Error("undone"))
      await done.catch(() => {})
    },
  }
}

test("whoever commits late is not missed, and holds nobody up", async () => {
  const [early, late, undone] = [randomUUID(), randomUUID(), randomUUID()]
  const start = await feedPosition(db)
  const first = await openWrite(late)
  const other = await openWrite(undone)
  await write(db, early)
  await write(db, early)
  const before = await rest(start)
  expect(before.ids).toEqual([early])
  await first.commit()
  await other.undo()
  const after = await rest(before.position)
  expect(after.ids).toEqual([late])
  expect((await rest(after.position)).ids).toEqual([])
})

test("whoever commits between two pages comes with the next round", async () => {
  const ids = [randomUUID(), randomUUID(), randomUUID()]
  const late = randomUUID()
  const start = await feedPosition(db)
  const open = await openWrite(late)
  for (const id of ids) await write(db, id)
  const page = await touchedRecords(db, [MODEL], start, 2)
  expect(page?.isComplete).toBe(false)
  await open.commit()
  const round = await rest(page?.position as FeedPosition, 2)
  expect([...(page?.ids.get(MODEL) ?? []), ...round.ids].toSorted()).toEqual(ids.toSorted())
  expect((await rest(round.position)).ids).toEqual([late])
})

test("writes of other models are passed over", async () => {
  const start = await feedPosition(db)
  for (let i = 0; i < 5; i++) await write(db, randomUUID(), "shop.Itemised")
  const only = randomUUID()
  await write(db, only)
  expect(await rest(start, 1)).toMatchObject({ ids: [only] })
})

test("a position of another life of the database is none", async () => {
  const { life, ...rest } = await feedPosition(db)
  expect(await touchedRecords(db, [MODEL], { life: `${life}0`, ...rest }, 10)).toBeUndefined()
})

test("takes no rights of an administrator", async () => {
  const { life } = await feedPosition(db)
  await db.transaction(async (tx) => {
    await tx.query({ text: "set local role pg_signal_backend" })
    expect((await feedPosition(tx)).life).toBe(life)
  })
})

test("of any interleaving of writers, each committed write is told of, and no other", async () => {
  const random = seededRandom(propertySeed)
  let position = await feedPosition(db)
  const committed = new Set<string>()
  const seen: string[] = []
  let isWriting = true
  const writers = Array.from({ length: 6 }, async () => {
    for (let n = 0; n < 25; n++) {
      const ids = Array.from({ length: random.integer(1, 3) }, () => randomUUID())
      const isUndone = random.integer(0, 4) === 0
      await db
        .transaction(async (tx) => {
          for (const id of ids) await write(tx, id)
          if (random.integer(0, 1) === 0) await tx.query({ text: `select pg_sleep(${random.integer(0, 9) / 1000})` })
          if (isUndone) throw new Error("undone")
        })
        .catch(() => {})
      if (!isUndone) for (const id of ids) committed.add(id)
    }
  })
  const reading = (async () => {
    while (isWriting) {
      const touched = await touchedRecords(db, [MODEL], position, 4)
      seen.push(...(touched?.ids.get(MODEL) ?? []))
      position = touched?.position ?? position
    }
  })()
  await Promise.all(writers)
  isWriting = false
  await reading
  seen.push(...(await rest(position, 4)).ids)
  expect(new Set(seen)).toEqual(committed)
  expect(seen).toHaveLength(committed.size)
})
