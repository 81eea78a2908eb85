-- The baseline's data in the tables that the product has made: same numbers of rows, same values, ids that both
-- PostgreSQL and the load can compute. The settings bench.orders and bench.lines_per_order say how many.

-- A UUID v7 (RFC 9562, section 5.7) whose random part is the record's number, so that ids ascend as they would in life.
-- Kinds: 1 customers, 2 orders, 3 lines, 4 users.
create function pg_temp.id(kind int, n bigint) returns uuid language sql immutable
  return ('018cc251-f4' || lpad(to_hex(kind), 2, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

insert into customers (id, name, email, city, company, version, created_at, updated_at)
select
  pg_temp.id(1, n), 'Customer ' || n, 'customer' || n || '@example.com', 'City ' || n % 89, 1 + n % 5,
  1, timestamptz '2023-01-01 00:00:00+00', timestamptz '2023-01-01 00:00:00+00'
from generate_series(1, 10000) n;

insert into orders
  (id, number, customer_id, status, order_date, note, company, owner_id, total, version, created_at, updated_at)
select
  pg_temp.id(2, n),
  'SO' || lpad(n::text, 7, '0'),
  pg_temp.id(1, 1 + n * 6151 % 10000),
  (array['draft', 'confirmed', 'shipped', 'invoiced', 'cancelled'])[1 + n * 7 % 5],
  ordered.at,
  case when n % 3 = 0 then 'Deliver to the "back door" of house ' || n end,
  1 + n % 5,
  pg_temp.id(4, 1 + n % 50),
  n * 53 % 100000 / 100.0,
  1,
  ordered.at,
  ordered.at
from generate_series(1, current_setting('bench.orders')::bigint) n
cross join lateral (
  select timestamptz '2023-01-01 00:00:00+00' + n * 98317 % (1095 * 24 * 60) * interval '1 minute' as at
) ordered;

insert into order_lines (id, order_id, product, quantity, price, subtotal, version, created_at, updated_at)
select
  pg_temp.id(3, n),
  pg_temp.id(2, 1 + (n - 1) / current_setting('bench.lines_per_order')::int),
  'Product ' || n % 1000,
  1 + n % 9,
  n * 17 % 10000 / 100.0,
  (1 + n % 9) * (n * 17 % 10000 / 100.0),
  1,
  timestamptz '2023-01-01 00:00:00+00',
  timestamptz '2023-01-01 00:00:00+00'
from generate_series(1, current_setting('bench.orders')::bigint * current_setting('bench.lines_per_order')::int) n;
