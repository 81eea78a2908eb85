import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { type Database, openDatabase } from "@archipel/data"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"

let place: TestDatabase

beforeAll(async () => {
  place = await testDatabase("wire")
})
afterAll(async () => {
  await place.drop()
})

/** Stands between the database and PostgreSQL and decides how the answers travel. */
interface Road extends AsyncDisposable {
  readonly url: string
  /** What comes from PostgreSQL, as it is to be passed on; null breaks the connection. */
  pass: (bytes: Buffer) => readonly (Buffer | null)[]
}

async function road(): Promise<Road> {
  const target = new URL(place.url)
  const sockets = new Set<Socket>()
  const made: Road = {
    url: "",
    pass: (bytes) => [bytes],
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, "close")
    },
  }
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname)
    near.setNoDelay(true)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on("error", () => {})
    }
    near.on("close", () => far.destroy())
    far.on("close", () => near.destroy())
    near.pipe(far)
    let sent = Promise.resolve()
    far.on("data", (bytes: Buffer) => {
      for (const part of made.pass(bytes)) {
        // A turn of its own for each, so that they do not arrive as one.
        sent = sent.then(async () => {
          if (part === null) near.destroy()
          else near.write(part)
          await new Promise((resolve) => setImmediate(resolve))
        })
      }
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const url = new URL(place.url)
  url.hostname = "127.0.0.1"
  url.port = String((server.address() as AddressInfo).port)
  return Object.assign(made, { url: url.href })
}

/** The bytes in pieces of these sizes, round and round. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const end = at + (sizes[n % sizes.length] as number)
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}

/** A statement and what it must answer, whatever happens around it. */
interface Exchange {
  run(database: Database): Promise<unknown>
  readonly expected: unknown
}

const names = ["one", "two", undefined] as const
const value = fc.option(fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.replaceAll("\0", "")))
const exchange: fc.Arbitrary<Exchange> = fc.oneof(
  fc.tuple(fc.constantFrom(...names), value).map(
    ([name, text]): Exchange => ({
      run: (database) => database.text({ text: "select $1::text", ...(name ? { name } : {}) }, [text]),
      expected: text,
    }),
  ),
  fc.array(value, { minLength: 1, maxLength: 6 }).map(
    (cells): Exchange => ({
      run: (database) => database.cells({ text: `select ${cells.map((_, i) => `$${i + 1}::text`).join(", ")}` }, cells),
      expected: cells,
    }),
  ),
  fc.tuple(fc.integer({ min: 0, max: 30 }), value).map(
    ([count, text]): Exchange => ({
      run: async (database) =>
        (
          await database.query(
            { text: "select n as é, $2::text as t from generate_series(1, $1::int) n" },
            [count, text],
            { parse: true },
          )
        ).rows,
      expected: Array.from({ length: count }, (_, i) => ({ é: i + 1, t: text })),
    }),
  ),
  fc.integer({ min: 1, max: 200_000 }).map(
    (length): Exchange => ({
      run: async (database) => (await database.text({ text: "select repeat('ü', $1::int)" }, [length]))?.length,
      expected: length,
    }),
  ),
  fc.constant<Exchange>({
    run: (database) =>
      database.text({ text: "select 1 / $1::int" }, [0]).catch((error: unknown) => (error as { code: string }).code),
    expected: "22012",
  }),
  fc.constant<Exchange>({
    run: (database) =>
      database.text({ text: "no statement" }).catch((error: unknown) => (error as { code: string }).code),
    expected: "42601",
  }),
  // A NoticeResponse, and a ParameterStatus, before and among its own messages.
  fc.constant<Exchange>({
    run: (database) =>
      database.text({
        text: "do $$ begin raise notice 'wörds'; perform set_config('application_name', 'x' || random(), false); end $$",
      }),
    expected: null,
  }),
  fc.uint8Array({ maxLength: 300 }).map(
    (bytes): Exchange => ({
      run: (database) => database.text({ text: "select encode($1::bytea, 'hex') || $2::text" }, [bytes, "!"]),
      expected: `${Buffer.from(bytes).toString("hex")}!`,
    }),
  ),
)

describe("answers", () => {
  test("are understood wherever the network cuts them, also while others wait in the same connection", async () => {
    await using way = await road()
    await using database = openDatabase({ connectionString: way.url, sharedConnections: 1 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(exchange, { minLength: 1, maxLength: 12 }),
        fc.array(fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 60_000 })), {
          minLength: 1,
          maxLength: 8,
        }),
        async (exchanges, sizes) => {
          // Single bytes of long answers would take for ever.
          way.pass = (bytes) => cut(bytes, bytes.length < 2_000 ? sizes : sizes.map((size) => size + 500))
          expect(await Promise.all(exchanges.map(({ run }) => run(database)))).toEqual(exchanges.map((e) => e.expected))
        },
      ),
      { numRuns: 60 },
    )
    expect(database.stats.shared).toEqual({ connections: 1, inFlight: 0 })
  })

  test("that break off fail all that wait for theirs, and the next statement is answered", async () => {
    await using way = await road()
    await using database = openDatabase({ connectionString: way.url, sharedConnections: 1 })
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4_000 }), async (passed) => {
        way.pass = (bytes) => [bytes]
        expect(await database.text({ text: "select 1" })).toBe("1")
        let left = passed
        way.pass = (bytes) => {
          const part = bytes.subarray(0, left)
          left -= part.length
          return left > 0 ? [part] : [part, null]
        }
        const waiting = Array.from({ length: 5 }, (_, n) =>
          database.text({ text: "select repeat('x', 1000) || $1::text" }, [n]).catch((error: unknown) => error),
        )
        const outcomes = await Promise.all(waiting)
        const firstLost = outcomes.findIndex((outcome) => typeof outcome !== "string")
        expect(outcomes.slice(0, firstLost)).toEqual(
          Array.from({ length: firstLost }, (_, n) => `${"x".repeat(1000)}${n}`),
        )
        expect(firstLost).toBeGreaterThanOrEqual(0)
        for (const outcome of outcomes.slice(firstLost)) expect(outcome).toMatchObject({ code: "database.unavailable" })
      }),
      { numRuns: 15 },
    )
  })

  test("that make no sense end the connection, not the process", async () => {
    await using way = await road()
    await using database = openDatabase({ connectionString: way.url, sharedConnections: 1 })
    for (const nonsense of ["?\0\0\0\x04", "Z\0\0\0\0", "D\xff\xff\xff\xff", "C\x7f\xff\xff\xff"]) {
      way.pass = (bytes) => [bytes]
      expect(await database.text({ text: "select 1" })).toBe("1")
      way.pass = (bytes) => [Buffer.from(nonsense, "latin1"), bytes]
      await expect(database.text({ text: "select 2" })).rejects.toMatchObject({ code: "database.unavailable" })
    }
    way.pass = (bytes) => [bytes]
    expect(await database.text({ text: "select 3" })).toBe("3")
  })
})

describe("statements", () => {
  let database: Database
  beforeAll(() => {
    database = openDatabase({ connectionString: place.url, sharedConnections: 1 })
  })
  afterAll(() => database.close())

  test("of any size arrive whole, many at once", async () => {
    const texts = Array.from({ length: 20 }, (_, n) => "aé€😀"[n % 4]?.repeat(n * n * 1_000) ?? "")
    const lengths = texts.map((text) => database.text({ text: "select octet_length($1::text)" }, [text]))
    expect(await Promise.all(lengths)).toEqual(texts.map((text) => String(Buffer.byteLength(text))))
  })

  test("with more parameters than the protocol counts are refused, and those beside them answered", async () => {
    const many = Array.from({ length: 65_536 }, () => null)
    const outcomes = await Promise.allSettled([
      database.text({ text: "select 1" }),
      database.text({ text: "select 2" }, many),
      database.text({ text: "select 3" }),
    ])
    expect(outcomes).toMatchObject([{ value: "1" }, { status: "rejected" }, { value: "3" }])
  })

  test("that ask for data from the client fail, and leave nobody waiting", async () => {
    await database.query({ text: "create table copied (n int)" })
    const outcomes = await Promise.allSettled([
      database.text({ text: "copy copied from stdin" }),
      database.text({ text: "select 1" }),
    ])
    expect(outcomes[0]).toMatchObject({ status: "rejected" })
    expect(await database.text({ text: "select count(*) from copied" })).toBe("0")
  })

  test("that were prepared wrongly are prepared again", async () => {
    const statement = { text: "select n from made_later", name: "made_later" }
    await expect(database.text(statement)).rejects.toMatchObject({ code: "42P01" })
    await database.query({ text: "create table made_later (n int); " })
    expect(await database.text(statement)).toBeNull()
  })
})
