import pg from "pg"

/**
 * Copies the orders that there are, again and again, written past the service: what counts is how many there are. Their states,
 * customers and notes are those of the copied ones in turn; dates and totals vary.
 *
 * @param first Number of the first copy, from 1.
 * @param last Number of the last copy; copies of other numbers stay.
 */
export async function multiplyOrders(url: string, first: number, last: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    "select column_name as name from information_schema.columns where table_schema = current_schema() and table_name = 'orders' and is_generated = 'NEVER'",
  )
  const made: Readonly<Record<string, string>> = {
    // Where ids of version 7 were before those that are made now.
    id: "(lpad(to_hex(26000000 + n), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
    number: "'MANY-' || lpad(n::text, 8, '0')",
    date: "date '2020-01-01' + (n % 2000)::int",
    // What a check compares with the date.
    required_date: "null",
    shipped_date: "null",
    total: "(n % 1000)::numeric",
    salesperson_id: "null",
    external_id: "null",
  }
  const columns = rows.map(({ name }) => `"${name}"`).join(", ")
  const values = rows.map(({ name }) => made[name] ?? `o."${name}"`).join(", ")
  await client.query(
    `with known as (select *, row_number() over (order by id) - 1 as place, count(*) over () as known_count from orders where number not like 'MANY-%')
     insert into orders (${columns}) select ${values} from generate_series(${first}, ${last}) n join known o on o.place = n % o.known_count`,
  )
  // As it is once the server's own housekeeping has come by.
  await client.query("vacuum analyze orders")
  await client.end()
}
