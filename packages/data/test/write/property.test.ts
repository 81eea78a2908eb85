import { authoriseChange, type Change, rightsOf } from "@archipel/core"
import { createHash } from "node:crypto"
import fc from "fast-check"
import { afterEach, beforeEach, expect, it } from "vitest"
import { counted } from "../../../../tests/support/counts.ts"
import { alice, bob, intern, manager, nail, openShop, service, type Shop } from "./shop.ts"

let shop: Shop
beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop[Symbol.asyncDispose]())

/** What must be true of the stored records at any moment, told by the database itself. */
async function inconsistencies(): Promise<readonly Record<string, unknown>[]> {
  return shop.sql(`
    select 'order' as what, o.id::text, o.total::text as stored, s.total::text as right from orders o
      cross join lateral (select coalesce(sum(subtotal), 0.00) as total, count(*) as n, max(subtotal) as biggest from order_lines l where l.order_id = o.id) s
      where o.total <> s.total or o.line_count <> s.n or o.biggest is distinct from s.biggest or o.taxed <> round(s.total * 1.2, 2)
    union all
    select 'line', id::text, subtotal::text, round(quantity * price * (1 - discount), 2)::text from order_lines where subtotal <> round(quantity * price * (1 - discount), 2)
    union all
    select 'customer', c.id::text, c.revenue::text, s.revenue::text from customers c
      cross join lateral (select coalesce(sum(total) filter (where status in ('confirmed', 'shipped')), 0.00) as revenue, count(*) as n from orders o where o.customer_id = c.id) s
      where c.revenue <> s.revenue or c.order_count <> s.n or c.level <> case when s.revenue >= 1000 then 'large' else 'small' end
    union all
    select 'tag', t.id::text, t.uses::text, (select count(*) from orders__tags l where l.target_id = t.id)::text from tags t
      where t.uses <> (select count(*) from orders__tags l where l.target_id = t.id)
    union all
    select 'version', r.id::text, r.version::text, h.version::text from (select id, version from orders union all select id, version from customers) r
      cross join lateral (select max(version) as version, count(*) as n from archipel.history h where h.record_id = r.id) h where h.version <> r.version or h.n <> r.version
    union all
    select 'line version', l.id::text, l.version::text, h.n::text from order_lines l
      cross join lateral (select count(*) as n from archipel.history h, jsonb_array_elements(h.changes->'lines') c where h.record_id = l.order_id and c->>'id' = l.id::text) h where h.n <> l.version`)
}

/** All of the database that a write may touch, as one text. */
async function everything(): Promise<string> {
  const tables = [
    "customers",
    "orders",
    "order_lines",
    "notes",
    "tags",
    "orders__tags",
    "archipel.history",
    "archipel.counters",
  ]
  const rows = await shop.sql(
    tables
      .map((t) => `select '${t}' as t, coalesce(string_agg(r::text, ';' order by r::text), '') as rows from ${t} r`)
      .join(" union all "),
  )
  return createHash("sha256").update(JSON.stringify(rows)).digest("hex")
}

const price = fc
  .integer({ min: 0, max: 99_999 })
  .map((cents) => `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, "0")}`)
const line = fc.record(
  { price, quantity: fc.integer({ min: 1, max: 9 }), discount: fc.constantFrom("0", "0.1", "0.3333") },
  { requiredKeys: ["price"] },
)

interface World {
  readonly customers: readonly string[]
  readonly orders: readonly string[]
  readonly tags: readonly string[]
}
async function world(customers: number, orders: number): Promise<World> {
  const unique = () => Math.random().toString(36).slice(2)
  const made = { customers: [] as string[], orders: [] as string[], tags: [] as string[] }
  for (let i = 0; i < customers; i++)
    made.customers.push((await shop.create(alice, "shop.Customer", { name: "C", code: unique() })).id)
  for (let i = 0; i < 2; i++) made.tags.push((await shop.create(manager, "shop.Tag", { name: unique() })).id)
  for (let i = 0; i < orders; i++) {
    made.orders.push(
      (
        await shop.create(alice, "shop.Order", {
          customer: made.customers[i % customers],
          lines: [{ price: "10" }, { product: nail }],
        })
      ).id,
    )
  }
  return made
}

/** What one clerk does; numbers choose among the records there are. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("add" as const),
      order: fc.nat(),
      lines: fc.array(line, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("change" as const), order: fc.nat(), at: fc.nat(), price }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop" as const), order: fc.nat(), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("move" as const), order: fc.nat(), customer: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("invoke" as const),
      order: fc.nat(),
      action: fc.constantFrom("confirm", "cancel", "ship", "double"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("tag" as const),
      order: fc.nat(),
      tags: fc.array(fc.nat(), { maxLength: 2 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("create" as const),
      customer: fc.nat(),
      lines: fc.array(line, { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), order: fc.nat() }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

async function changeOf(what: Step, { customers, orders, tags }: World): Promise<Change | undefined> {
  const pick = (from: readonly string[], n: number): string => from[n % from.length] as string
  if (what.kind === "create")
    return {
      operation: "create",
      model: "shop.Order",
      values: { customer: pick(customers, what.customer), lines: what.lines },
    }
  const id = pick(orders, what.order)
  const update = (values: object): Change => ({ operation: "update", model: "shop.Order", id, values: values as never })
  switch (what.kind) {
    case "add":
      return update({ lines: what.lines })
    case "move":
      return update({ customer: pick(customers, what.customer) })
    case "tag":
      return update({ tags: [...new Set(what.tags.map((n) => pick(tags, n)))] })
    case "delete":
      return { operation: "delete", model: "shop.Order", id }
    case "invoke":
      return {
        operation: "invoke",
        model: "shop.Order",
        id,
        action: what.action,
        ...(what.action === "ship" ? { input: { carrier: "c" } } : {}),
      }
    default: {
      const lines = await shop.lines(id)
      const chosen = lines[what.at % Math.max(1, lines.length)]?.["id"]
      if (chosen === undefined) return undefined
      return update({
        lines: [what.kind === "drop" ? { id: chosen, $delete: true } : { id: chosen, price: what.price }],
      })
    }
  }
}

/** What a clerk may be told when others were there first; anything else is a failure of the framework. */
const EXPECTED = new Set([
  "record.not_found",
  "record.locked",
  "record.transition_refused",
  "record.invalid",
  "access.denied",
  "order.no_lines",
])

it("sums are those of their records whoever writes at the same time, and nobody deadlocks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 4, maxLength: 8 }), { minLength: 4, maxLength: 6 }),
      async (clerks) => {
        const made = await world(2, 4)
        const deadlocksBefore = (
          await shop.sql("select deadlocks from pg_stat_database where datname = current_database()")
        )[0]?.["deadlocks"]
        await Promise.all(
          clerks.map(async (steps, clerk) => {
            for (const what of steps) {
              const change = await changeOf(what, made)
              if (!change) continue
              try {
                await shop.change(clerk % 2 ? manager : alice, change)
              } catch (error) {
                if (!EXPECTED.has((error as { code: string }).code)) throw error
              }
            }
          }),
        )
        expect(await inconsistencies()).toEqual([])
        await shop.sql("select pg_stat_force_next_flush()").catch(() => [])
        expect(
          (await shop.sql("select deadlocks from pg_stat_database where datname = current_database()"))[0]?.[
            "deadlocks"
          ],
        ).toBe(deadlocksBefore)
      },
    ),
    { numRuns: counted(8, 60) },
  )
})

const wrongLine = fc.constantFrom<object>(
  { price: "1", quantity: 0 },
  { price: "100001" },
  { id: "00000000-0000-7000-8000-000000000999" },
  { price: "x" },
  { product: "00000000-0000-7000-8000-0000000000ff" },
)
const wrong = fc.oneof(
  fc.record({
    kind: fc.constant("line" as const),
    at: fc.nat(),
    line: wrongLine,
    lines: fc.array(line, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("field" as const),
    values: fc.constantFrom<object>(
      { note: "hidden" },
      { total: "1" },
      { customer: "00000000-0000-7000-8000-000000000999" },
      { nothing: 1 },
    ),
    lines: fc.array(line, { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("refused" as const) }),
  fc.record({ kind: fc.constant("stranger" as const), lines: fc.array(line, { minLength: 1, maxLength: 2 }) }),
)

it("a write that is refused, wherever that happens, leaves nothing behind", async () => {
  const made = await world(1, 2)
  const [order] = made.orders as [string]
  const empty = (await shop.create(alice, "shop.Order", { customer: made.customers[0] })).id
  await fc.assert(
    fc.asyncProperty(wrong, fc.constantFrom("create", "update", "bulk"), async (what, how) => {
      const good = { operation: "update", model: "shop.Order", id: order, values: { lines: [{ price: "1" }] } } as const
      const values = (): Record<string, unknown> => {
        if (what.kind === "line")
          return { lines: [...what.lines.slice(0, what.at % 4), what.line, ...what.lines.slice(what.at % 4)] }
        return what.kind === "field"
          ? { ...what.values, lines: what.lines }
          : { lines: "lines" in what ? what.lines : [] }
      }
      const change: Change =
        what.kind === "refused"
          ? { operation: "invoke", model: "shop.Order", id: empty, action: "confirm" }
          : how === "create"
            ? { operation: "create", model: "shop.Order", values: { customer: made.customers[0], ...values() } }
            : { operation: "update", model: "shop.Order", id: order, values: values() }
      const who = what.kind === "stranger" ? (how === "create" ? intern : bob) : alice
      const before = await everything()
      const run = async () =>
        how === "bulk" && what.kind !== "stranger"
          ? shop.writer.bulk(alice, [good, change], { atomic: true })
          : shop.writer.change(authoriseChange(rightsOf(service, who), who, change))
      await expect(run()).rejects.toHaveProperty("code")
      expect(await everything()).toBe(before)
    }),
    { numRuns: counted(60, 600) },
  )
})
