/**
 * The five works as one prepared statement each. Every statement gives one JSON text, which nobody parses on its way
 * to the client.
 *
 * @module
 */

import type { Statement } from "./pipelined-connection.ts"

const orderColumns = "o.id, o.number, o.customer_id, o.status, o.order_date, o.note, o.total, o.version"

/** W1. $1 id */
export const readOrder: Statement = {
  name: "read_order",
  text: `select row_to_json(found)::text from (select ${orderColumns} from orders o where o.id = $1) found`,
}

/** W2. $1 status. The page is cut before the joins, so that customers and lines are fetched for 20 orders only. */
export const listOrders: Statement = {
  name: "list_orders",
  text: `
    with page as (select * from orders where status = $1 order by order_date desc, id desc limit 20)
    select coalesce(json_agg(item), '[]')::text from (
      select p.id, p.number, p.status, p.order_date, p.note, p.total, p.version,
        json_build_object('id', c.id, 'name', c.name) as customer,
        (select coalesce(json_agg(line), '[]') from (
          select id, product, quantity, price from order_lines where order_id = p.id order by id
        ) line) as lines
      from page p join customers c on c.id = p.customer_id
      order by p.order_date desc, p.id desc
    ) item`,
}

/** W3. $1 number, $2 customer, $3 note, $4 company, $5 owner, $6 total, $7 products, $8 quantities, $9 prices, $10 trace id. */
export const createOrder: Statement = {
  name: "create_order",
  text: `
    with created as (
      insert into orders (number, customer_id, status, order_date, note, company_id, owner_id, total)
      values ($1, $2, 'draft', now(), $3, $4, $5, $6)
      returning *
    ), line as (
      insert into order_lines (order_id, product, quantity, price)
      select created.id, item.* from created, unnest($7::text[], $8::int[], $9::numeric[]) item
      returning id, product, quantity, price
    ), answer as (
      select id, row_to_json(whole) as body
      from (select ${orderColumns}, (select json_agg(line) from line) as lines from created o) whole
    ), event as (
      insert into outbox (topic, key, payload, trace_id)
      select 'order.created', id::text, body::jsonb, $10 from answer
    )
    select body::text from answer`,
}

/** W4. $1 id, $2 expected version, $3 note. No row: the order is missing or has another version. */
export const updateOrder: Statement = {
  name: "update_order",
  text: `
    with changed as (
      update orders o set note = $3, version = version + 1 where o.id = $1 and o.version = $2
      returning ${orderColumns}
    )
    select row_to_json(changed)::text from changed`,
}

/** W5. $1 the first day of thirty. */
export const totalsByStatus: Statement = {
  name: "totals_by_status",
  text: `
    select coalesce(json_agg(totals), '[]')::text from (
      select status, count(*)::int as orders, sum(total) as total from orders
      where order_date >= $1::timestamptz and order_date < $1::timestamptz + interval '30 days'
      group by status order by status
    ) totals`,
}
