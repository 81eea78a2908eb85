/**
 * Nested writes in numbers, and what became of them.
 *
 * @module
 */
import { eventsSql } from "@archipel/data"
import { expect } from "vitest"
import pg from "pg"
import type { Ask, Json } from "../support/asking.ts"
import { created, users } from "../support/company.ts"

export interface Wares {
  readonly customer: string
  readonly products: readonly string[]
}

/** A customer and three products to write orders with. */
export async function seedWares(ask: Ask): Promise<Wares> {
  const { id: customer } = await created(ask, "/api/crm/customers", { name: "Customer", discount: "0.05" })
  const products: string[] = []
  for (const price of ["1.10", "22.20", "333.30"]) {
    products.push((await created(ask, "/api/catalog/products", { name: `At ${price}`, price, cost: "1" })).id)
  }
  return { customer, products }
}

export const LINES = 3

/** An order that is told apart by its reference. */
export const orderOf = ({ customer, products }: Wares, reference: string): object => ({
  customer,
  reference,
  salesperson: users.martin,
  lines: products.map((product, i) => ({ product, quantity: i + 1 })),
})

/** What writers were told. */
export interface Told {
  /** Ids by reference. */
  readonly acknowledged: Map<string, string>
  /** Answers other than 201. */
  readonly refused: Json[]
  /** Requests that got no answer. */
  unanswered: number
}

const WRITERS = 50

/**
 * Writes `count` orders, 50 at a time, until they are done or nobody answers any more.
 *
 * @param onAcknowledged Called with the number of orders so far.
 */
export async function writeOrders(
  ask: Ask,
  wares: Wares,
  count: number,
  onAcknowledged?: (n: number) => void,
): Promise<Told> {
  const told: Told = { acknowledged: new Map(), refused: [], unanswered: 0 }
  let next = 0
  const writer = async (): Promise<void> => {
    while (next < count) {
      const reference = `order-${next++}`
      try {
        const { status, json } = await ask("/api/sales/orders", { body: orderOf(wares, reference) })
        if (status !== 201) told.refused.push(json)
        else {
          told.acknowledged.set(reference, json.id)
          onAcknowledged?.(told.acknowledged.size)
        }
      } catch {
        told.unanswered++
      }
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  return told
}

/** 1.05 + 42.18 + 949.91: the lines with the customer's discount, each rounded half away from zero. */
const TOTAL = "993.14"

interface Stored {
  readonly id: string
  readonly reference: string
  readonly total: string
  readonly line_count: number
  readonly lines: string
  readonly subtotal: string
  readonly history: string
  readonly line_history: string
  readonly events: string
}

/** Every acknowledged order is there, and every order that is there is whole, with its history and its event. */
export async function expectWhole(databaseUrl: string, told: Told): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<Stored>(`
      select o.id, o.reference, o.total, o.line_count, l.lines, l.subtotal, h.history, h.line_history, e.events
      from orders o
      cross join lateral (select count(*) as lines, sum(subtotal) as subtotal from order_lines where order_id = o.id) l
      cross join lateral (
        select count(*) as history, sum(jsonb_array_length(changes->'lines')) as line_history
        from archipel.history where record_id = o.id) h
      cross join lateral (select count(*) as events from ${eventsSql} e where type = 'sales.Order.created' and record_id = o.id) e
      where o.reference like 'order-%'`)
    const whole = {
      total: TOTAL,
      line_count: LINES,
      lines: String(LINES),
      subtotal: TOTAL,
      history: "1",
      line_history: String(LINES),
      events: "1",
    }
    for (const row of rows) expect(row).toMatchObject(whole)
    const stored = new Map(rows.map(({ reference, id }) => [reference, id]))
    expect(stored.size).toBe(rows.length)
    for (const [reference, id] of told.acknowledged) expect([reference, stored.get(reference)]).toEqual([reference, id])
    const { rows: orphans } = await client.query<{ n: string }>(`
      select (select count(*) from order_lines l where not exists (select from orders o where o.id = l.order_id))
        + (select count(*) from archipel.history h where model = 'sales.Order' and not exists (select from orders o where o.id = h.record_id)) as n`)
    expect(orphans).toEqual([{ n: "0" }])
  } finally {
    await client.end()
  }
}
