import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { authoriseChange, dbOver, rightsOf, systemPrincipal } from "@archipel/core"
import { type BulkResult, eventsSql } from "@archipel/data"
import { alice, bob, manager, nail, openShop, refusal, service, type Shop } from "./shop.ts"

let shop: Shop
let customer: string
let codes = 0
const code = (): string => `L${++codes}`
const order = async (extra: object = { lines: [{ price: "10" }] }) =>
  (await shop.create(alice, "shop.Order", { customer, ...extra })).id
const invoke = (who: typeof alice, id: string, action: string, input?: object, version?: number) =>
  shop.change(who, {
    operation: "invoke",
    model: "shop.Order",
    id,
    action,
    ...(input ? { input: input as never } : {}),
    ...(version ? { version } : {}),
  })
const remove = (who: typeof alice, model: string, id: string) => shop.change(who, { operation: "delete", model, id })

beforeAll(async () => {
  shop = await openShop()
  customer = (await shop.create(alice, "shop.Customer", { name: "Ada", code: code() })).id
})
afterAll(() => shop[Symbol.asyncDispose]())

describe("a transition", () => {
  it("changes the state, assigns its number and becomes one event of its name", async () => {
    const id = await order()
    const answer = await invoke(alice, id, "confirm")
    expect(answer).toMatchObject({ version: 2, record: { status: "confirmed", invoice: "INV-001" } })
    expect(
      await shop.sql("select operation, action from archipel.history where record_id = $1 order by id", [id]),
    ).toMatchObject([
      { operation: "create", action: null },
      { operation: "update", action: "confirm" },
    ])
    expect(
      (await shop.sql(`select type from ${eventsSql} e where record_id = $1 order by seq`, [id])).map((e) => e["type"]),
    ).toEqual(["shop.Order.created", "shop.Order.confirmed"])
  })

  it("starts from its states only", async () => {
    const id = await order()
    expect(await refusal(invoke(manager, id, "ship", { carrier: "x" }))).toMatchObject({
      code: "record.transition_refused",
      details: { state: "draft", from: ["confirmed"] },
    })
  })

  it("is for its roles, rows and four eyes", async () => {
    const id = await order({ lines: [{ price: "6000" }], approver: manager.id })
    expect(await refusal(invoke(alice, id, "ship", { carrier: "x" }))).toMatchObject({ code: "access.denied" })
    expect(await refusal(invoke(manager, id, "cancel"))).toMatchObject({ code: "access.denied" })
    await invoke(alice, id, "confirm")
    expect(await refusal(invoke(manager, id, "ship", { carrier: "x" }))).toMatchObject({ code: "access.denied" })
    expect(await refusal(invoke(bob, id, "confirm"))).toMatchObject({ code: "record.not_found" })
    expect(await refusal(invoke(bob, id, "nothing"))).toMatchObject({ code: "query.unknown_field" })
  })

  it("takes input into the record, and what its code does belongs to it", async () => {
    const id = await order()
    await invoke(alice, id, "confirm")
    expect((await refusal(invoke(manager, id, "ship", { carrier: 5, speed: 1 }))).details["errors"]).toMatchObject([
      { path: "/speed" },
      { path: "/carrier", code: "value.type" },
    ])
    const answer = await invoke(manager, id, "ship", { carrier: "mule" }, 2)
    expect(answer.record).toMatchObject({ status: "shipped", carrier: "mule" })
    expect(await shop.sql("select body from notes where order_id = $1", [id])).toEqual([{ body: "by mule" }])
    expect(
      await shop.sql(`select type from ${eventsSql} e where record_id = $1 order by seq desc limit 1`, [id]),
    ).toEqual([{ type: "shop.Order.sent" }])
    expect(
      await shop.sql("select via from archipel.history where model = 'shop.Note' order by id desc limit 1"),
    ).toEqual([{ via: "ship" }])
  })

  it("that its code refuses leaves nothing behind", async () => {
    const id = await order({})
    expect(await refusal(invoke(alice, id, "confirm"))).toMatchObject({ code: "order.no_lines" })
    expect(await shop.order(id)).toMatchObject({ status: "draft", version: "1", invoice: null })
  })

  it("numbers without gaps, also after refusals and at the same time", async () => {
    const before = (await shop.sql("select count(invoice) as n from orders"))[0]?.["n"]
    const ids = await Promise.all(Array.from({ length: 6 }, (_, i) => order(i % 2 ? {} : { lines: [{ price: "1" }] })))
    await Promise.allSettled(ids.map((id) => invoke(alice, id, "confirm")))
    const numbers = await shop.sql("select invoice from orders where invoice is not null order by invoice")
    expect(numbers.map((n) => n["invoice"])).toEqual(
      Array.from({ length: Number(before) + 3 }, (_, i) => `INV-${String(i + 1).padStart(3, "0")}`),
    )
  })
})

describe("an action", () => {
  it("runs with the caller's rights in the transaction, reads its own writes and returns what its contract says", async () => {
    const id = await order({ lines: [{ price: "10", quantity: 2 }] })
    const answer = await invoke(manager, id, "double")
    expect(answer).toMatchObject({ output: { total: "40.00" }, version: 2, record: { total: "40.00" } })
    expect(await refusal(invoke(alice, id, "double"))).toMatchObject({ code: "access.denied" })
    expect(await refusal(invoke(manager, id, "broken"))).toMatchObject({ code: "internal" })
  })
})

describe("code that acts as the system", () => {
  it("does what its caller may not, in the caller's transaction, and history says why", async () => {
    const { id } = await shop.create(alice, "shop.Customer", { name: "P", code: code() })
    const answer = await shop.change(alice, { operation: "invoke", model: "shop.Customer", id, action: "promote" })
    expect(answer).toMatchObject({ version: 2, output: {} })
    expect(answer.record).not.toHaveProperty("secret")
    expect(
      await shop.sql(
        "select actor_kind, via, reason from archipel.history where record_id = $1 order by id desc limit 1",
        [id],
      ),
    ).toEqual([{ actor_kind: "system", via: "promote", reason: "a promotion" }])
  })
})

describe("a lock", () => {
  it("refuses updates, lines and deletion, but not the exceptions and not transitions", async () => {
    const id = await order()
    const [line] = await shop.lines(id)
    await invoke(alice, id, "confirm")
    await invoke(manager, id, "ship", { carrier: "x" })
    expect(await refusal(shop.update(manager, "shop.Order", id, { date: "2026-01-01", note: "n" }))).toMatchObject({
      code: "record.locked",
      details: { why: "order.closed", fields: ["date"] },
    })
    expect(
      await refusal(shop.update(manager, "shop.Order", id, { lines: [{ id: line?.["id"], quantity: 2 }] })),
    ).toMatchObject({ code: "record.locked" })
    expect(await refusal(remove(manager, "shop.Order", id))).toMatchObject({ code: "record.locked" })
    expect(await shop.update(manager, "shop.Order", id, { note: "late" })).toMatchObject({ note: "late" })
  })
})

describe("a deletion", () => {
  it("takes the lines and what cascades along, clears what is cleared, and records all of it", async () => {
    const id = await order()
    const [line] = await shop.lines(id)
    const note = await shop.create(alice, "shop.Note", { order: id, body: "b" })
    const answer = await remove(alice, "shop.Order", id)
    expect(answer).toMatchObject({ version: null, record: null })
    expect(
      await shop.sql(
        "select id from order_lines where order_id = $1 union all select id from notes where order_id = $1",
        [id],
      ),
    ).toEqual([])
    const deleted = await shop.sql(
      "select model, changes->'lines'->0->>'id' as line from archipel.history where operation = 'delete' and record_id = any($1)",
      [[id, line?.["id"], note.id]],
    )
    expect(deleted.toSorted((a, b) => String(a["model"]).localeCompare(String(b["model"])))).toEqual([
      { model: "shop.Note", line: null },
      { model: "shop.Order", line: line?.["id"] },
    ])
    const owner = await shop.create(manager, "shop.Customer", { name: "Gone", code: code() })
    const kept = await shop.create(manager, "shop.Note", { order: await order(), customer: owner.id, body: "k" })
    await remove(manager, "shop.Customer", owner.id)
    expect(await shop.sql("select customer_id, version from notes where id = $1", [kept.id])).toEqual([
      { customer_id: null, version: "2" },
    ])
  })

  it("of a record that others refer to is refused", async () => {
    const used = await shop.create(alice, "shop.Customer", { name: "Used", code: code() })
    await shop.create(alice, "shop.Order", { customer: used.id })
    expect(await refusal(remove(manager, "shop.Customer", used.id))).toMatchObject({ code: "record.reference" })
    expect(await refusal(remove(alice, "shop.Customer", used.id))).toMatchObject({ code: "access.denied" })
  })
})

describe("archiving", () => {
  it("hides a record, is undone by restoring, and does nothing twice", async () => {
    const { id } = await shop.create(alice, "shop.Customer", { name: "Old", code: code() })
    const archive = (operation: "archive" | "restore") => shop.change(alice, { operation, model: "shop.Customer", id })
    expect(await archive("archive")).toMatchObject({ version: 2, record: { archivedAt: expect.any(String) } })
    expect(await archive("archive")).toMatchObject({ version: 2 })
    expect(await archive("restore")).toMatchObject({ version: 3, record: { archivedAt: null } })
    expect(await refusal(shop.change(alice, { operation: "archive", model: "shop.Order", id }))).toMatchObject({
      code: "request.invalid",
    })
  })
})

describe("an upsert", () => {
  const upsert = (who: typeof alice, values: object, key: readonly string[] = ["code"]) =>
    shop.change(who, { operation: "upsert", model: "shop.Customer", key, values: values as never })

  it("creates, then updates", async () => {
    const key = code()
    const first = await upsert(alice, { name: "One", code: key })
    const second = await upsert(alice, { name: "Two", code: key })
    expect(second).toMatchObject({ id: first.id, version: 2, record: { name: "Two" } })
  })

  it("of a record that may not be seen only says that the key is taken", async () => {
    const key = code()
    await upsert(bob, { name: "Bob's", code: key })
    expect(await refusal(upsert(alice, { name: "x", code: key }))).toEqual({
      code: "record.duplicate",
      details: { model: "shop.Customer", fields: ["code"] },
    })
    expect(await refusal(shop.create(alice, "shop.Customer", { name: "x", code: key }))).toEqual({
      code: "record.duplicate",
      details: { model: "shop.Customer", fields: ["code"] },
    })
  })

  it("by many at once makes one record", async () => {
    const key = code()
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => upsert(alice, { name: `N${i}`, code: key })))
    expect(new Set(answers.map((a) => a.id)).size).toBe(1)
    expect(await refusal(upsert(alice, { name: "x", code: key }, ["name"]))).toMatchObject({ code: "request.invalid" })
  })
})

describe("an idempotency key", () => {
  it("gives the stored answer again, belongs to one request, and is free again after a refusal", async () => {
    const change = { operation: "create", model: "shop.Customer", values: { name: "I", code: code() } } as const
    const idempotency = { key: "k1", fingerprint: "f1" }
    const first = await shop.change(alice, change, { idempotency })
    expect(await shop.change(alice, change, { idempotency })).toEqual(first)
    expect(await refusal(shop.change(alice, change, { idempotency: { key: "k1", fingerprint: "f2" } }))).toMatchObject({
      code: "request.key_reused",
    })
    expect((await refusal(shop.change(bob, change, { idempotency }))).code).toBe("record.duplicate")
    const fresh = { ...change, values: { name: "I", code: code() } }
    expect((await shop.change(bob, fresh, { idempotency })).id).not.toBe(first.id)
  })

  it("sent twice at once is done once", async () => {
    const change = { operation: "create", model: "shop.Customer", values: { name: "I", code: code() } } as const
    const answers = await Promise.all(
      [1, 2, 3].map(() => shop.change(alice, change, { idempotency: { key: "k2", fingerprint: "f" } })),
    )
    expect(new Set(answers.map((a) => a.id)).size).toBe(1)
  })
})

describe("several changes under an idempotency key", () => {
  const creating = (name: string) =>
    ({ operation: "create", model: "shop.Customer", values: { name, code: code() } }) as const
  const named = async (name: string) =>
    Number((await shop.sql("select count(*) as n from customers where name = $1", [name]))[0]?.["n"])
  const idsOf = (results: readonly BulkResult[]) => results.map((r) => (r.ok ? r.answer.id : r.error))

  it("as one: a repeat gets the answer, a refused one leaves the key free", async () => {
    const changes = [creating("one"), creating("one")]
    const options = { atomic: true, idempotency: { key: "b1", fingerprint: "f" } }
    const bad = { operation: "delete", model: "shop.Order", id: "00000000-0000-7000-8000-000000000999" } as const
    expect((await refusal(shop.writer.bulk(alice, [...changes, bad], options))).code).toBe("record.not_found")
    const first = await shop.writer.bulk(alice, changes, options)
    expect(await shop.writer.bulk(alice, changes, options)).toEqual(first)
    expect(await named("one")).toBe(2)
    const reused = { ...options, idempotency: { key: "b1", fingerprint: "g" } }
    expect((await refusal(shop.writer.bulk(alice, changes, reused))).code).toBe("request.key_reused")
  })

  it("each for itself: a repeat gets the whole answer, refusals with it", async () => {
    const taken = creating("each")
    const changes = [taken, { ...taken }, creating("each")]
    const options = { idempotency: { key: "b2", fingerprint: "f" } }
    const first = await shop.writer.bulk(alice, changes, options)
    expect(first.map((r) => r.ok)).toEqual([true, false, true])
    await remove(manager, "shop.Customer", idsOf(first)[0] as string)
    const again = await shop.writer.bulk(alice, changes, options)
    expect(JSON.stringify(again)).toBe(JSON.stringify(first))
    expect(again[1]).toMatchObject({ ok: false, error: { code: "record.duplicate" } })
    expect(await named("each")).toBe(1)
    const reused = { idempotency: { key: "b2", fingerprint: "g" } }
    expect((await refusal(shop.writer.bulk(alice, changes, reused))).code).toBe("request.key_reused")
  })

  it("a repeat after an interrupted one does what was not done, and nothing twice", async () => {
    const changes = Array.from({ length: 60 }, () => creating("interrupted"))
    const options = { idempotency: { key: "b3", fingerprint: "f" } }
    const interrupted = new AbortController()
    const first = shop.writer.bulk(alice, changes, { ...options, signal: interrupted.signal })
    await expect.poll(() => named("interrupted"), { interval: 1, timeout: 20_000 }).toBeGreaterThan(0)
    interrupted.abort(new Error("gone"))
    const before = await first
    expect(before.some((r) => !r.ok)).toBe(true)
    const after = await shop.writer.bulk(alice, changes, options)
    expect(after.every((r) => r.ok)).toBe(true)
    for (const [i, result] of before.entries()) if (result.ok) expect(after[i]).toEqual(result)
    expect(await named("interrupted")).toBe(60)
    expect(await shop.writer.bulk(alice, changes, options)).toEqual(after)
  })

  it("sent twice at once, each is done once and both get the same answer", async () => {
    const changes = Array.from({ length: 8 }, () => creating("twice"))
    const send = () => shop.writer.bulk(alice, changes, { idempotency: { key: "b5", fingerprint: "f" } })
    const [one, two] = await Promise.all([send(), send()])
    expect(two).toEqual(one)
    expect(one?.every((r) => r.ok)).toBe(true)
    expect(await named("twice")).toBe(8)
  })

  it("without records, tells ids and versions alone", async () => {
    const results = await shop.writer.bulk(alice, [creating("short")], { atomic: true, records: false })
    expect(results).toEqual([{ ok: true, answer: { id: expect.any(String), version: 1, data: null, warnings: [] } }])
  })
})

describe("code that writes many records", () => {
  const shopDb = (principal: typeof alice) => ({
    transaction: <R>(run: (db: ReturnType<typeof dbOver>) => Promise<R>) =>
      shop.writer.transaction(principal, (executor) => run(dbOver(executor))),
  })

  it("creates and transitions them in order, all or none", async () => {
    const made = await shopDb(alice).transaction((db) =>
      db("shop.Order" as never).createMany([1, 2].map((n) => ({ customer, lines: [{ price: `${n}` }] })) as never),
    )
    const ids = (made as readonly { readonly id: string }[]).map(({ id }) => id)
    expect(await Promise.all(ids.map(async (id) => (await shop.order(id))["total"]))).toEqual(["1.00", "2.00"])
    const nobody = "00000000-0000-7000-8000-000000000999"
    const confirm = (all: readonly string[]) =>
      shopDb(alice).transaction((db) =>
        db("shop.Order" as never).doMany("confirm" as never, all as never, undefined as never),
      )
    expect((await refusal(confirm([...ids, nobody]))).code).toBe("record.not_found")
    expect((await shop.order(ids[0] as string))["status"]).toBe("draft")
    expect(await confirm(ids)).toEqual([{}, {}])
    expect((await shop.order(ids[1] as string))["status"]).toBe("confirmed")
  })

  it("goes on after many that were refused, and writes at most 1,000 at once", async () => {
    const name = "kept"
    await shopDb(alice).transaction(async (db) => {
      const customers = db("shop.Customer" as never)
      const taken = code()
      const twice = customers.createMany([1, 2].map(() => ({ name: "lost", code: taken })) as never)
      expect((await refusal(twice)).code).toBe("record.duplicate")
      const over = customers.createMany(Array.from({ length: 1_001 }, () => ({ name: "lost", code: code() })) as never)
      expect((await refusal(over)).code).toBe("query.too_complex")
      expect(await customers.createMany([])).toEqual([])
      await customers.createMany([{ name, code: code() }] as never)
    })
    expect(await shop.sql("select name from customers where name in ('lost', 'kept')")).toEqual([{ name }])
  })
})

describe("several changes", () => {
  it("each for itself tell each outcome; as one, all or none", async () => {
    const good = () => ({ operation: "create", model: "shop.Customer", values: { name: "B", code: code() } }) as const
    const bad = { operation: "delete", model: "shop.Order", id: "00000000-0000-7000-8000-000000000999" } as const
    const results = await shop.writer.bulk(alice, [good(), bad, good()])
    expect(results.map((r) => r.ok)).toEqual([true, false, true])
    const before = await shop.sql("select count(*) from customers")
    expect(await refusal(shop.writer.bulk(alice, [good(), bad, good()], { atomic: true }))).toMatchObject({
      code: "record.not_found",
    })
    expect(await shop.sql("select count(*) from customers")).toEqual(before)
    expect(await shop.writer.bulk(alice, [good(), good()], { atomic: true })).toHaveLength(2)
  })

  it("of code are one transaction that sees its own writes; what the code catches is undone alone", async () => {
    const before = Number((await shop.sql("select count(*) as n from customers"))[0]?.["n"])
    const seen = await shop.writer.transaction(alice, async (executor) => {
      const db = dbOver(executor)
      const { id } = await db("shop.Customer").create({ name: "T", code: code() } as never)
      await db("shop.Customer")
        .create({ name: "T", code: `L${codes}` } as never)
        .catch(() => {})
      return db("shop.Customer").get(id, { select: ["name"] })
    })
    expect(seen).toMatchObject({ name: "T" })
    await expect(
      shop.writer.transaction(alice, async (executor) => {
        await dbOver(executor)("shop.Customer").create({ name: "U", code: code() } as never)
        throw new Error("changed my mind")
      }),
    ).rejects.toThrow("changed my mind")
    expect(Number((await shop.sql("select count(*) as n from customers"))[0]?.["n"])).toBe(before + 1)
  })
})

describe("the system", () => {
  it("may write everything but what is never written, and says why", async () => {
    const system = systemPrincipal("a test")
    const { id } = await shop.create(system, "shop.Customer", { name: "S", code: code(), secret: "s" })
    expect(await shop.sql("select actor_kind, reason from archipel.history where record_id = $1", [id])).toEqual([
      { actor_kind: "system", reason: "a test" },
    ])
    expect(await refusal(shop.update(system, "shop.Customer", id, { revenue: "1" }))).toMatchObject({
      code: "access.field_denied",
    })
  })
})

describe("a draft", () => {
  it("gives what the write would give, and writes nothing", async () => {
    const answer = await shop.writer.draft(alice, {
      model: "shop.Order",
      values: {
        customer,
        lines: [
          { $tmp: "a", product: nail, quantity: 3 },
          { $tmp: "b", quantity: 0, price: "1" },
        ],
      },
    })
    expect(answer).toMatchObject({
      patch: {
        total: "30.00",
        taxed: "36.00",
        lines: [{ $tmp: "a", price: "10.00", subtotal: "30.00" }, { $tmp: "b" }],
      },
      errors: [{ path: "/lines/1", code: "line.quantity" }],
      fields: { customer: { required: true, readonly: false }, total: { readonly: true } },
    })
    const id = await order()
    const changed = await shop.writer.draft(alice, {
      model: "shop.Order",
      id,
      values: { date: "nonsense", lines: [{ price: "5" }] },
    })
    expect(changed).toMatchObject({ patch: { total: "15.00" }, errors: [{ path: "/date" }] })
    expect(await shop.order(id)).toMatchObject({ total: "10.00", version: "1" })
    expect(await refusal(shop.writer.draft(bob, { model: "shop.Order", id, values: {} }))).toMatchObject({
      code: "record.not_found",
    })
  })
})

describe("a right that is taken away at the same moment", () => {
  it("is not used: the write waits for whoever changes what the rule looks at", async () => {
    const mine = await shop.create(alice, "shop.Customer", { name: "Mine", code: code() })
    const made = await shop.create(alice, "shop.Order", { customer: mine.id })
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let isTaken = (): void => {}
    const taken = new Promise<void>((resolve) => {
      isTaken = resolve
    })
    const other = shop.database.transaction(async (tx) => {
      await tx.query({ text: "update customers set owner_id = $2 where id = $1" }, [mine.id, bob.id])
      isTaken()
      await held
    })
    await taken
    const late = refusal(shop.update(alice, "shop.Order", made.id, { note: "still mine?" }))
    const waits = async () =>
      (
        await shop.sql(
          "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        )
      )[0]?.["n"] !== "0"
    await expect.poll(waits).toBe(true)
    release()
    await other
    expect(await late).toMatchObject({ code: "record.not_found" })
    expect(await shop.order(made.id)).toMatchObject({ note: null, version: "1" })
  })
})

it("a change of one principal is not one of another", () => {
  expect(() =>
    authoriseChange(rightsOf(service, alice), alice, { operation: "delete", model: "shop.Customer", id: customer }),
  ).toThrow(/access.denied/)
})
