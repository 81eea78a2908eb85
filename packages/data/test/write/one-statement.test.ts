import {
  authoriseChange,
  authoriseQuery,
  type Change,
  claim,
  contract,
  datetime,
  decimal,
  identity,
  integer,
  json,
  logic,
  many,
  me,
  model,
  money,
  one,
  type Principal,
  resolveCatalog,
  resolveService,
  rightsOf,
  sequence,
  states,
  text,
  times,
  before,
} from "@archipel/core"
import {
  applyAdditive,
  createReader,
  createWriter,
  type Database,
  eventsSql,
  openDatabase,
  type Reader,
  type Writer,
} from "@archipel/data"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type TestDatabase, testDatabase } from "../../../../tests/support/database.ts"
import { refusal } from "./shop.ts"

const desk = contract("desk", {
  roles: ["user", "admin"],
  models: {
    Room: model({ name: text().unique(), company: integer() }),
    Ticket: model({
      number: sequence("T-{0000}"),
      room: one("desk.Room"),
      owner: one("identity.User").default("me"),
      company: integer(),
      note: text().optional(),
      weight: decimal({ scale: 3 }).default("1"),
      due: datetime().optional(),
      secret: text().optional(),
      status: states(["open", "closed"], { close: { from: ["open"], to: "closed" } }),
      lines: many("desk.TicketLine", "ticket").owned(),
      total: money().computed(),
    }),
    TicketLine: model({
      ticket: one("desk.Ticket"),
      label: text(),
      quantity: integer().default(1),
      price: money().suggested(),
      subtotal: money().computed(),
    }),
    Sheet: model({ content: json().optional() }),
  },
})
declare module "@archipel/core" {
  interface Contracts {
    desk: typeof desk
  }
}
const own = { company: { in: claim("companies") } } as const
const catalog = resolveCatalog([identity.definition, desk.definition])
const service = resolveService(
  desk.definition,
  [
    logic("desk.Room").grant("desk.user", ["read"], own).grant("desk.admin", "all", "all"),
    logic("desk.Ticket")
      .rollup("total", "sum", "lines", "subtotal")
      .grant("desk.user", ["read", "create"], { ...own, owner: me }, { fields: { except: ["secret"] } })
      .grant(
        "desk.user",
        ["update"],
        { ...own, owner: me },
        { fields: { except: ["secret"] }, check: { ...own, owner: me, weight: { gte: before("weight") as never } } },
      )
      .grant("desk.admin", "all", "all")
      .on("close", { by: ["desk.user"] })
      .lock({ status: "closed" }, { except: ["note"], why: "ticket.closed" }),
    logic("desk.TicketLine")
      .suggest("price", ["ticket.room.company"], (l) => `${l.ticket.room.company}.50`)
      .compute("subtotal", ["quantity", "price"], (l) => times(l.quantity, l.price))
      .check("line.positive", ["quantity"], (l) => l.quantity > 0),
    logic("desk.Sheet").grant("desk.user", "all", "all"),
  ],
  catalog,
)

const user: Principal = {
  kind: "user",
  id: "00000000-0000-7000-8000-0000000000d1",
  roles: ["desk.user"],
  claims: { companies: [1, 2] },
  timeZone: "UTC",
}
const other: Principal = { ...user, id: "00000000-0000-7000-8000-0000000000d2" }
const admin: Principal = { ...user, roles: ["desk.admin"] }

let made: TestDatabase
let real: Database
/** The same database, with its calls counted. */
let database: Database
let reader: Reader
let writer: Writer
let transactions = 0
let statements = 0
let room: string
let foreign: string

beforeAll(async () => {
  made = await testDatabase("one_statement")
  real = openDatabase({ connectionString: made.url })
  database = {
    ...real,
    query: (...args) => {
      statements++
      return real.query(...(args as [never]))
    },
    cells: (...args) => {
      statements++
      return real.cells(...args)
    },
    transaction: (...args) => {
      transactions++
      return real.transaction(...(args as [never]))
    },
    text: (...args) => real.text(...args),
    batches: (...args) => real.batches(...(args as [never])),
    close: () => real.close(),
  } as Database
  await applyAdditive(real, catalog, "desk")
  reader = createReader({ database, secret: "a secret of sixteen" })
  writer = createWriter({ database, service, reader })
  room = (await change(admin, { operation: "create", model: "desk.Room", values: { name: "A", company: 1 } })).id
  foreign = (await change(admin, { operation: "create", model: "desk.Room", values: { name: "B", company: 9 } })).id
})
afterAll(async () => {
  await database.close()
  await made.drop()
})

const change = async (who: Principal, what: Change) => writer.change(authoriseChange(rightsOf(service, who), who, what))
const create = (who: Principal, values: object) =>
  change(who, { operation: "create", model: "desk.Ticket", values: values as never })
const update = (who: Principal, id: string, values: object, version?: number) =>
  change(who, {
    operation: "update",
    model: "desk.Ticket",
    id,
    values: values as never,
    ...(version === undefined ? {} : { version }),
  })
const stored = async (id: string): Promise<string> => {
  const page = await reader.page(
    authoriseQuery(rightsOf(service, user), user, { model: "desk.Ticket", where: { id }, limit: 1 }),
  )
  return page.data.slice(1, -1)
}
async function calls<R>(run: () => Promise<R>): Promise<{ result: R; transactions: number; statements: number }> {
  const before = { transactions, statements }
  const result = await run()
  return { result, transactions: transactions - before.transactions, statements: statements - before.statements }
}
const trail = async (id: string): Promise<unknown[]> => {
  const { rows } = await database.query(
    { text: "select operation, version, changes, actor_id from archipel.history where record_id = $1 order by id" },
    [id],
  )
  const events = await database.query(
    { text: `select type, version, payload - 'id' as payload from ${eventsSql} e where record_id = $1 order by seq` },
    [id],
  )
  return [...rows, ...events.rows]
}

describe("a create that needs nothing but itself", () => {
  const values = () => ({
    room,
    company: 1,
    lines: [
      { label: "a", quantity: 2 },
      { label: "b", price: "3.333" },
    ],
  })

  it("is one statement (besides its number and what is suggested), and tells what the database would tell, byte by byte", async () => {
    const { result, ...used } = await calls(() => create(user, values()))
    expect(used.transactions).toBe(0)
    expect(used.statements).toBe(3)
    expect(JSON.parse(result.data ?? "")).toMatchObject({
      number: "T-0001",
      total: "6.33",
      weight: "1.000",
      owner: user.id,
      version: 1,
      status: "open",
    })
    expect(result.data).toBe(await stored(result.id))
  })

  it("gives what a transaction gives", async () => {
    const fast = await create(user, values())
    const slow = await writer.transaction(user, (executor) =>
      executor.change({ operation: "create", model: "desk.Ticket", values: values() }),
    )
    const plain = (text: string) => ({
      ...(JSON.parse(text) as object),
      id: "",
      number: "",
      createdAt: "",
      updatedAt: "",
    })
    expect(plain(await stored(slow.id))).toEqual(plain(await stored(fast.id)))
    const [a, b] = [await trail(fast.id), await trail(slow.id)]
    const comparable = (one: unknown[]) =>
      JSON.stringify(one)
        .replaceAll(/T-\d+/g, "T")
        .replaceAll(/(\[|, )\{\\"id\\": \\"[\da-f-]{36}/g, "a line")
    expect(comparable(a)).toBe(comparable(b))
  })

  it("waits in a transaction for another's record of the same key", async () => {
    const before = transactions
    const values = { name: "C", company: 1 }
    let mine: Promise<unknown> | undefined
    await writer.transaction(admin, async (executor) => {
      await executor.change({ operation: "create", model: "desk.Room", values })
      mine = refusal(change(admin, { operation: "create", model: "desk.Room", values }))
      await vi.waitFor(() => expect(transactions).toBe(before + 2))
    })
    expect(await mine).toMatchObject({ code: "record.duplicate" })
  })

  it("is undone by its own checks", async () => {
    const count = async () =>
      (
        await database.query({
          text: "select (select count(*) from tickets) + (select count(*) from archipel.history) as n",
        })
      ).rows
    const before = await count()
    expect(await refusal(create(user, { ...values(), company: 3 }))).toMatchObject({ code: "access.denied" })
    expect(await refusal(create(user, { ...values(), owner: other.id }))).toMatchObject({ code: "access.denied" })
    const missing = await refusal(
      create(user, { ...values(), room: foreign, lines: [{ label: "x", quantity: 0, price: "1" }] }),
    )
    expect((missing.details["errors"] as { path: string }[]).map((e) => e.path)).toEqual(["/room", "/lines/0"])
    expect(await refusal(create(user, { ...values(), room: foreign }))).toMatchObject({ code: "record.invalid" })
    expect(
      await refusal(change(admin, { operation: "create", model: "desk.Room", values: { name: "A", company: 1 } })),
    ).toMatchObject({ code: "record.duplicate" })
    expect(await count()).toEqual(before)
  })
})

describe("an update that concerns nothing else", () => {
  it("is one statement, with its history, event and version, and the same bytes", async () => {
    const { id } = await create(user, { room, company: 1 })
    const { result, ...used } = await calls(() =>
      update(user, id, { note: "x", due: "2026-03-01T10:00:00+01:00", weight: "2" }, 1),
    )
    expect(used).toEqual({ transactions: 0, statements: 1 })
    expect(result).toMatchObject({ version: 2, data: await stored(id) })
    const slow = (await create(user, { room, company: 1 })).id
    await writer.transaction(user, (executor) =>
      executor.change({
        operation: "update",
        model: "desk.Ticket",
        id: slow,
        values: { note: "x", due: "2026-03-01T09:00:00Z", weight: "2.0000" },
      }),
    )
    const tail = async (of: string) =>
      JSON.stringify((await trail(of)).filter((row) => !JSON.stringify(row).includes("create")))
    expect(await tail(id)).toBe(await tail(slow))
  })

  it("that changes nothing writes nothing", async () => {
    const { id } = await create(user, { room, company: 1, note: "n" })
    expect(await update(user, id, { note: "n" })).toMatchObject({ version: 1, data: await stored(id) })
    expect(await trail(id)).toHaveLength(2)
  })

  it("is refused as in a transaction", async () => {
    const { id } = await create(user, { room, company: 1, weight: "5" })
    expect(await refusal(update(other, id, { note: "x" }))).toMatchObject({ code: "record.not_found" })
    expect(await refusal(update(user, "00000000-0000-7000-8000-000000000999", { note: "x" }))).toMatchObject({
      code: "record.not_found",
    })
    expect(await refusal(update(user, id, { note: "x" }, 7))).toMatchObject({
      code: "record.version_conflict",
      details: { expected: 7, actual: 1 },
    })
    expect(await refusal(update(user, id, { company: 3 }))).toMatchObject({ code: "access.denied" })
    expect(await refusal(update(user, id, { weight: "4" }))).toMatchObject({ code: "access.denied" })
    expect(await refusal(update(user, id, { secret: "x" }))).toMatchObject({ code: "query.unknown_field" })
    await change(user, { operation: "invoke", model: "desk.Ticket", id, action: "close" })
    expect(await refusal(update(user, id, { weight: "6" }))).toMatchObject({
      code: "record.locked",
      details: { why: "ticket.closed" },
    })
    expect(await update(user, id, { note: "late" })).toMatchObject({ version: 3 })
  })

  it("by many at once loses none", async () => {
    const { id } = await create(user, { room, company: 1 })
    await Promise.all(Array.from({ length: 20 }, (_, i) => update(user, id, { note: `n${i}` })))
    expect(JSON.parse(await stored(id))).toMatchObject({ version: 21 })
    expect((await trail(id)).length).toBe(42)
  })

  it("that meets another's change waits for it in a transaction, and tells what was there then", async () => {
    const { id } = await create(user, { room, company: 1, note: "first" })
    const before = transactions
    let mine: Promise<unknown> | undefined
    await real.transaction(async (tx) => {
      // Without a new version, as nobody but an administrator writes it.
      await tx.query({ text: "update tickets set note = 'theirs' where id = $1" }, [id])
      mine = update(user, id, { note: "mine" })
      await vi.waitFor(() => expect(transactions).toBe(before + 1))
    })
    expect(await mine).toMatchObject({ version: 2, data: await stored(id) })
    expect(JSON.stringify(await trail(id))).toContain(String.raw`{\"new\": \"mine\", \"old\": \"theirs\"}`)
  })

  it("that meets a change which takes the right away is refused", async () => {
    const { id } = await create(user, { room, company: 1 })
    const before = transactions
    let mine: Promise<unknown> | undefined
    await real.transaction(async (tx) => {
      await tx.query({ text: "update tickets set company = 9 where id = $1" }, [id])
      mine = refusal(update(user, id, { note: "mine" }))
      await vi.waitFor(() => expect(transactions).toBe(before + 1))
    })
    expect(await mine).toMatchObject({ code: "record.not_found" })
  })

  it("keeps JSON as it is", async () => {
    const sheet = await change(user, {
      operation: "create",
      model: "desk.Sheet",
      values: { content: { b: [1, null, "x"], a: {} } },
    })
    const answer = await change(user, {
      operation: "update",
      model: "desk.Sheet",
      id: sheet.id,
      values: { content: [{ 'é"\\': 1.5 }] },
    })
    expect(JSON.parse(answer.data ?? "")).toMatchObject({ content: [{ 'é"\\': 1.5 }], version: 2 })
    expect(JSON.parse(sheet.data ?? "")).toMatchObject({ content: { a: {}, b: [1, null, "x"] } })
  })
})
