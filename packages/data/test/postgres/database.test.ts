import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Database, openDatabase, startEmbeddedPostgres } from "@archipel/data"
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"

let place: TestDatabase
let db: Database

beforeAll(async () => {
  place = await testDatabase("database")
  db = openDatabase({ connectionString: place.url })
  await db.query({ text: "create table item (id int primary key, name text not null, stock int check (stock >= 0))" })
})
afterAll(async () => {
  await db.close()
  await place.drop()
})

const open = (options: Partial<Parameters<typeof openDatabase>[0]> = {}): Database =>
  openDatabase({ connectionString: place.url, ...options })

describe("statements", () => {
  test("answer with texts whatever the type, and with values when asked", async () => {
    const statement = { text: "select 1 as n, 1.50 as d, null as nothing, true as yes, '{\"a\":1}'::jsonb as j" }
    expect(await db.query(statement)).toEqual({
      rows: [{ n: "1", d: "1.50", nothing: null, yes: "t", j: '{"a": 1}' }],
      count: 1,
    })
    expect((await db.query(statement, [], { parse: true })).rows).toEqual([
      { n: 1, d: "1.50", nothing: null, yes: true, j: { a: 1 } },
    ])
  })

  test("give the first column of the first row as text, and null where there is none", async () => {
    expect(await db.text({ text: "select * from (values ('a', 'b'), ('c', 'd')) as v" })).toBe("a")
    expect(await db.text({ text: "select 1 where false" })).toBeNull()
    expect(await db.text({ text: "select null" })).toBeNull()
  })

  test("count the rows they write", async () => {
    const { count, rows } = await db.query({
      text: "insert into item select n, 'many', 0 from generate_series(100, 106) n",
    })
    expect({ count, rows }).toEqual({ count: 7, rows: [] })
  })

  test("take every kind of parameter", async () => {
    const values = ["é'\\\"", 1.5, 12345678901234567890n, false, null, undefined, new Date(0), { a: [1, null] }]
    expect(
      await db.query(
        {
          text: "select $1::text a, $2::float8 b, $3::numeric c, $4::bool d, $5::int e, $6::int f, $7::timestamptz g, $8::jsonb h",
        },
        values,
      ),
    ).toMatchObject({
      rows: [
        {
          a: "é'\\\"",
          b: "1.5",
          c: "12345678901234567890",
          d: "f",
          e: null,
          f: null,
          g: "1970-01-01 00:00:00+00",
          h: '{"a": [1, null]}',
        },
      ],
    })
    const texts = ["a,b", 'say "so"', "back\\slash", "NULL", "", null, "{}"]
    expect(await db.text({ text: "select to_json($1::text[])::text" }, [texts])).toBe(JSON.stringify(texts))
    expect(
      await db.text({ text: "select to_json($1::int[])::text" }, [
        [
          [1, 2],
          [3, 4],
        ],
      ]),
    ).toBe("[[1,2],[3,4]]")
    expect(await db.text({ text: "select encode($1::bytea, 'hex')" }, [new Uint8Array([0, 255, 92])])).toBe("00ff5c")
    await expect(db.text({ text: "select $1" }, [() => 1])).rejects.toThrow(TypeError)
  })

  test("share few connections, and each fails by itself", async () => {
    const answers = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) =>
        n % 10 === 3
          ? db.text({ text: "select 1 / $1::int" }, [0])
          : db.text({ text: "select $1::int + 1", name: "plus_one" }, [n]),
      ),
    )
    for (const [n, answer] of answers.entries()) {
      if (n % 10 === 3) expect(answer).toMatchObject({ status: "rejected", reason: { code: "22012" } })
      else expect(answer).toEqual({ status: "fulfilled", value: String(n + 1) })
    }
    expect(db.stats.shared.connections).toBeLessThanOrEqual(4)
    expect(db.stats.shared.inFlight).toBe(0)
  })

  test("are refused as busy beyond the bound, and the others are answered", async () => {
    await using small = open({ sharedConnections: 1 })
    await small.text({ text: "select 1" })
    const answers = await Promise.allSettled(Array.from({ length: 300 }, () => small.text({ text: "select 1" })))
    const refused = answers.filter(({ status }) => status === "rejected")
    expect(refused).toHaveLength(300 - 256)
    expect(refused[0]).toMatchObject({ reason: { code: "database.busy", details: { retryAfterSeconds: 1 } } })
  })
})

describe("prepared statements", () => {
  const preparedOn = async (one: Database): Promise<string[]> =>
    (await one.query<{ name: string }>({ text: "select name from pg_prepared_statements order by name" })).rows.map(
      ({ name }) => name,
    )

  test("are kept up to the bound, the least recently used forgotten, and prepared again when they return", async () => {
    await using one = open({ sharedConnections: 1, maxPrepared: 3 })
    const use = (name: string): Promise<string | null> => one.text({ text: `select '${name}'`, name })
    for (const name of ["a", "b", "c", "a", "d"]) expect(await use(name)).toBe(name)
    expect(await preparedOn(one)).toEqual(["a", "c", "d"])
    expect(await use("b")).toBe("b")
    expect(await preparedOn(one)).toEqual(["a", "b", "d"])
    expect(one.stats.prepared).toBe(3)
  })

  test("are never forgotten while on their way", async () => {
    await using one = open({ sharedConnections: 1, maxPrepared: 2 })
    const names = Array.from({ length: 100 }, (_, n) => `s${n % 10}`)
    const use = (name: string): Promise<string | null> => one.text({ text: `select '${name}'`, name })
    expect(await Promise.all(names.map(use))).toEqual(names)
    expect(await Promise.all(names.map(use))).toEqual(names)
    expect(await preparedOn(one)).toHaveLength(2)
  })

  test("that do not parse are not remembered", async () => {
    await using one = open({ sharedConnections: 1 })
    for (let n = 0; n < 2; n++) {
      await expect(one.text({ text: "select nonsense", name: "wrong" })).rejects.toMatchObject({ code: "42703" })
    }
    expect(one.stats.prepared).toBe(0)
  })

  test("survive a change of their table", async () => {
    await using one = open({ sharedConnections: 1 })
    await one.query({ text: "create table shape (a int); insert into shape values (1)" }).catch(() => {})
    await one.query({ text: "create table if not exists shape (a int)" })
    const statement = { text: "select * from shape", name: "shape_all" }
    expect((await one.query(statement)).rows).toEqual([])
    await one.query({ text: "alter table shape add column b int default 2" })
    await one.query({ text: "insert into shape values (1)" })
    expect((await one.query(statement)).rows).toEqual([{ a: "1", b: "2" }])
  })

  test("are bounded on the connections of transactions too, also after a failure", async () => {
    await using one = open({ transactionConnections: 1, maxPrepared: 2 })
    await expect(
      one.transaction(async (tx) => {
        for (const name of ["a", "b", "c", "d"]) await tx.text({ text: `select '${name}'`, name })
        await tx.text({ text: "select 1/0" })
      }),
    ).rejects.toMatchObject({ code: "22012" })
    expect(await one.transaction((tx) => tx.text({ text: "select count(*) from pg_prepared_statements" }))).toBe("2")
  })
})

describe("transactions", () => {
  test("commit what they return from and undo what they throw from", async () => {
    const insert = { text: "insert into item values ($1, $2, 0)" }
    expect(
      await db.transaction(async (tx) => {
        await tx.query(insert, [1, "kept"])
        return "done"
      }),
    ).toBe("done")
    const failure = new Error("no")
    await expect(
      db.transaction(async (tx) => {
        await tx.query(insert, [2, "undone"])
        throw failure
      }),
    ).rejects.toBe(failure)
    expect(await db.text({ text: "select string_agg(name, ',') from item where id < 10" })).toBe("kept")
  })

  test("are committed when the answer to the last statement is there", async () => {
    await db.transaction(async (tx) => {
      await tx.query({ text: "insert into item values (3, 'three', 0)" }, [], { last: true })
      expect(await db.text({ text: "select name from item where id = 3" })).toBe("three")
      await expect(tx.text({ text: "select 1" })).rejects.toThrow("the transaction has ended")
    })
    await expect(
      db.transaction(async (tx) => {
        await tx.query({ text: "insert into item values (4, 'four', 0)" })
        await tx.query({ text: "insert into item values (3, 'again', 0)" }, [], { last: true })
      }),
    ).rejects.toMatchObject({ code: "23505", constraint: "item_pkey" })
    expect(await db.text({ text: "select name from item where id = 4" })).toBeNull()
  })

  test("tell the first failure, also one that was overlooked", async () => {
    await expect(
      db.transaction((tx) =>
        Promise.all([
          tx.text({ text: "select 1" }),
          tx.query({ text: "insert into item values (5, 'five', -1)" }),
          tx.text({ text: "select 2" }),
        ]),
      ),
    ).rejects.toMatchObject({ code: "23514" })
    await expect(
      db.transaction(async (tx) => {
        await tx.text({ text: "select 1/0" }).catch(() => {})
      }),
    ).rejects.toMatchObject({ code: "22012" })
  })

  test("without a statement cost none", async () => {
    expect(await db.transaction(async () => 7)).toBe(7)
  })

  test("are refused as busy when no connection becomes free in time", async () => {
    await using one = open({ transactionConnections: 1, acquireDeadlineMs: 50 })
    await one.transaction(async (tx) => {
      await tx.text({ text: "select 1" })
      await expect(one.transaction((other) => other.text({ text: "select 1" }))).rejects.toMatchObject({
        code: "database.busy",
      })
    })
    expect(await one.transaction((tx) => tx.text({ text: "select 2" }))).toBe("2")
  })

  test("take turns on few connections, a thousand at once", async () => {
    await db.query({ text: "create table counted (n int)" })
    await db.query({ text: "insert into counted values (0)" })
    await Promise.all(
      Array.from({ length: 1_000 }, () =>
        db.transaction((tx) =>
          tx.query({ text: "update counted set n = n + 1", name: "count_up" }, [], { last: true }),
        ),
      ),
    )
    expect(await db.text({ text: "select n from counted" })).toBe("1000")
    expect(db.stats.transactions).toMatchObject({ waiting: 0 })
    expect(db.stats.transactions.connections).toBeLessThanOrEqual(8)
  })

  test("that collide are run again when that is safe, and told as a conflict when it is not", async () => {
    await db.query({ text: "create table account (id int primary key, amount int)" })
    await db.query({ text: "insert into account values (1, 0), (2, 0)" })
    const collide = async (retry: boolean): Promise<PromiseSettledResult<void>[]> => {
      let arrived = 0
      let release = (): void => {}
      const both = new Promise<void>((resolve) => {
        release = resolve
      })
      const move = (first: number, second: number): Promise<void> =>
        db.transaction(
          async (tx) => {
            await tx.query({ text: "update account set amount = amount + 1 where id = $1" }, [first])
            if (++arrived === 2) release()
            await both
            await tx.query({ text: "update account set amount = amount + 1 where id = $1" }, [second])
          },
          { retry },
        )
      return Promise.allSettled([move(1, 2), move(2, 1)])
    }
    const refused = (await collide(false)).filter(({ status }) => status === "rejected")
    expect(refused).toMatchObject([{ reason: { code: "database.conflict" } }])
    expect((await collide(true)).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"])
    expect(await db.text({ text: "select sum(amount) from account" })).toBe("6")
  })
})

test("a read does not wait for slow neighbours, even where they are on all shared connections", async () => {
  await using one = open({ sharedConnections: 2, transactionConnections: 2 })
  const lock = "select pg_advisory_xact_lock(7)::text"
  /** Long enough for the pool to notice. */
  const areWaiting = async (): Promise<boolean> =>
    (await db.text(
      {
        text: `select count(*) from pg_stat_activity
        where datname = $1 and wait_event = 'advisory' and clock_timestamp() - query_start > interval '100 ms'`,
      },
      [place.name],
    )) === "2"
  const readMany = async (): Promise<void> => {
    for (let n = 0; n < 50; n++) expect(await one.text({ text: "select $1::int" }, [n])).toBe(String(n))
  }
  await one.transaction(async (tx) => {
    await tx.text({ text: lock })
    await one.transaction((other) => other.text({ text: "select 1" }))
    const slow = [one.text({ text: lock })]
    await readMany()
    slow.push(one.text({ text: lock }))
    await vi.waitUntil(areWaiting, { timeout: 10_000 })
    await readMany()
    expect(one.stats.shared).toEqual({ connections: 2, inFlight: 2 })
    await tx.text({ text: "select 1" }, [], { last: true })
    await Promise.all(slow)
  })
})

test("a write of one statement does not wait for a lock, and has other connections than reads", async () => {
  await using one = open({ sharedConnections: 1, writeConnections: 1 })
  const lock = { text: "select pg_advisory_xact_lock(8)::text" }
  await one.transaction(async (tx) => {
    await tx.text(lock)
    await expect(one.text(lock, [], { writes: true })).rejects.toMatchObject({ code: "database.busy" })
    expect(one.stats).toMatchObject({ shared: { connections: 0 }, writes: { connections: 1, inFlight: 0 } })
  })
  expect(await one.text(lock, [], { writes: true })).toBe("")
  expect(await one.text({ text: "select 1" })).toBe("1")
  expect(one.stats).toMatchObject({ shared: { connections: 1 }, writes: { connections: 1 } })
})

describe("time", () => {
  const isRunning = async (text: string): Promise<boolean> =>
    (await db.text({ text: "select count(*) from pg_stat_activity where state = 'active' and query = $1" }, [text])) !==
    "0"

  test("ends a statement at its deadline, on the server too, and its neighbours on the connection go on", async () => {
    await using one = open({ sharedConnections: 1 })
    await one.text({ text: "select 1" })
    const sleeping = "select pg_sleep(60)::text"
    const slow = one.text({ text: sleeping }, [], { deadlineMs: 100 })
    const neighbours = Promise.all(Array.from({ length: 20 }, (_, n) => one.text({ text: "select $1::int" }, [n])))
    await expect(slow).rejects.toMatchObject({ code: "deadline.exceeded", details: { deadlineMs: 100 } })
    expect(await neighbours).toEqual(Array.from({ length: 20 }, (_, n) => String(n)))
    expect(await isRunning(sleeping)).toBe(false)
  })

  test("that are cancelled never take with them what others send meanwhile", async () => {
    await using one = open({ sharedConnections: 1, transactionConnections: 0 })
    await one.text({ text: "select 1" })
    const others: Promise<string | null>[] = []
    for (let round = 0; round < 40; round++) {
      const caller = new AbortController()
      // Around the time after which a statement is cancelled, so that some end just before they are.
      const seconds = (20 + round / 4) / 1000
      const cancelled = one.text({ text: `select pg_sleep(${seconds})` }, [], { signal: caller.signal })
      caller.abort(new Error("gone"))
      await expect(cancelled).rejects.toThrow("gone")
      // Sent one after another, so that some are on their way while the cancellation is.
      for (let i = 0; i < 10; i++) {
        const other = one.text({ text: "select 'done' from pg_sleep(0.002)" })
        others.push(other)
        await other.catch(() => {})
      }
    }
    expect(new Set((await Promise.allSettled(others)).map(({ status }) => status))).toEqual(new Set(["fulfilled"]))
  })

  test("ends a statement whose caller has gone, with the caller's reason", async () => {
    await using one = open({ sharedConnections: 1 })
    const sleeping = "select pg_sleep(61)::text"
    const caller = new AbortController()
    const slow = one.text({ text: sleeping }, [], { signal: caller.signal })
    await vi.waitUntil(() => isRunning(sleeping), { timeout: 10_000 })
    const gone = new Error("gone")
    caller.abort(gone)
    await expect(slow).rejects.toBe(gone)
    expect(await one.text({ text: "select 'next'" })).toBe("next")
    expect(await isRunning(sleeping)).toBe(false)
    await expect(one.text({ text: "select 1" }, [], { signal: caller.signal })).rejects.toBe(gone)
  })

  test("of a statement is limited by the server", async () => {
    await using one = open({ statementTimeoutMs: 100 })
    await expect(one.text({ text: "select pg_sleep(60)" })).rejects.toMatchObject({ code: "deadline.exceeded" })
  })

  test("of a transaction is limited, whatever it waits for", async () => {
    await using one = open({ transactionConnections: 1 })
    for (const wait of [
      (): Promise<unknown> => new Promise(() => {}),
      (tx: { text(statement: { text: string }): Promise<unknown> }): Promise<unknown> =>
        tx.text({ text: "select pg_sleep(60)" }),
    ]) {
      const stuck = one.transaction(
        async (tx) => {
          await tx.query({ text: "insert into item values (50, 'late', 0)" })
          await wait(tx)
        },
        { deadlineMs: 100 },
      )
      await expect(stuck).rejects.toMatchObject({ code: "deadline.exceeded", details: { deadlineMs: 100 } })
    }
    expect(await one.transaction((tx) => tx.text({ text: "select count(*) from item where id = 50" }))).toBe("0")
  })
})

describe("batches", () => {
  const numbers = { text: "select n from generate_series(1, $1::int) n" }

  test("are the whole answer, in order", async () => {
    for (const total of [0, 1, 10, 25]) {
      const sizes: number[] = []
      const all: unknown[] = []
      for await (const rows of db.batches<{ n: string }>(numbers, [total], { batchRows: 10 })) {
        sizes.push(rows.length)
        all.push(...rows.map(({ n }) => Number(n)))
      }
      expect(all).toEqual(Array.from({ length: total }, (_, n) => n + 1))
      expect(sizes.every((size) => size > 0 && size <= 10)).toBe(true)
    }
  })

  test("give their connection back when the reader leaves, and when they fail", async () => {
    await using one = open({ exportConnections: 1, acquireDeadlineMs: 5_000 })
    for (let n = 0; n < 3; n++) {
      for await (const rows of one.batches(numbers, [1_000_000], { batchRows: 10 })) {
        expect(rows).toHaveLength(10)
        break
      }
      await expect(
        one.batches({ text: "select 1 / (3 - n) from generate_series(1, 5) n" })[Symbol.asyncIterator]().next(),
      ).rejects.toMatchObject({ code: "22012" })
    }
    expect(one.stats.exports).toEqual({ connections: 1, idle: 1, waiting: 0 })
  })

  test("stop with the caller's reason", async () => {
    const caller = new AbortController()
    const gone = new Error("gone")
    const read = async (): Promise<void> => {
      for await (const _ of db.batches(numbers, [1_000_000], { batchRows: 10, signal: caller.signal }))
        caller.abort(gone)
    }
    await expect(read()).rejects.toBe(gone)
  })
})

test("a database that goes away is unavailable, and usable again by itself when it returns", async () => {
  const directory = await mkdtemp(join(tmpdir(), "archipel-recovery-"))
  const options = { directory, durable: false, settings: { shared_buffers: "16MB" } }
  let server = await startEmbeddedPostgres(options)
  const { port } = server
  const database = openDatabase({ connectionString: server.url("postgres") })
  const read = (): Promise<string | null> => database.text({ text: "select 1", name: "one" })
  const write = (): Promise<string | null> => database.transaction((tx) => tx.text({ text: "select 2", name: "two" }))
  try {
    expect(await Promise.all([read(), write()])).toEqual(["1", "2"])
    const caught = database.text({ text: "select pg_sleep(60)" }).catch((error: unknown) => error)
    await read()
    await server.stop()
    expect(await caught).toMatchObject({ code: "database.unavailable", details: { retryAfterSeconds: 1 } })
    for (const attempt of [read, write]) {
      for (let n = 0; n < 3; n++) await expect(attempt()).rejects.toMatchObject({ code: "database.unavailable" })
    }
    server = await startEmbeddedPostgres({ ...options, port })
    for (const [attempt, answer] of [
      [read, "1"],
      [write, "2"],
    ] as const) {
      expect(await vi.waitFor(attempt, { timeout: 10_000 })).toBe(answer)
    }
  } finally {
    await database.close()
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  }
})

test("closing lets what is on its way finish and accepts nothing more", async () => {
  const closing = open()
  await closing.text({ text: "select 1" })
  const last = closing.text({ text: "select 'last'" })
  const closed = closing.close()
  expect(await last).toBe("last")
  await closed
  await expect(closing.text({ text: "select 1" })).rejects.toMatchObject({ code: "database.unavailable" })
  await expect(closing.transaction(async () => {})).rejects.toMatchObject({ code: "database.unavailable" })
})
