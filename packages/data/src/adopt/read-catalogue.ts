/**
 * Reads the structure of an existing database; nothing is written.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import pg from "pg"
import { sqlState } from "../postgres/sql-state.ts"
import type { Catalogue, FoundColumn, FoundTable, FoundValues } from "./catalogue.ts"

const CONNECT_MS = 10_000
const STATEMENT_MS = 60_000
const MIN_VERSION = 140_000
/** Rows that are looked at for what their types do not say. */
const SAMPLE_ROWS = 100_000

const TABLES_SQL = `
select json_build_object(
  'schema', n.nspname, 'table', c.relname,
  'kind', case when c.relkind in ('v', 'm', 'f') then 'view' else 'table' end,
  'comment', obj_description(c.oid, 'pg_class'),
  'privileges', (select coalesce(json_agg(p), '[]') from unnest(array['select', 'insert', 'update', 'delete']) p
    where has_table_privilege(c.oid, p)),
  'columns', (select json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(case when t.typtype = 'd' then d.base else a.atttypid end, case when t.typtype = 'd' then d.typmod else a.atttypmod end),
      'kind', b.typtype,
      'values', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = b.oid),
      'domain', case when t.typtype = 'd' then format_type(a.atttypid, null) end,
      'domainChecks', coalesce(d.checks, '[]'),
      'nullable', not a.attnotnull and coalesce(not d.notnull, true),
      'default', case when a.attgenerated = '' then coalesce(pg_get_expr(f.adbin, f.adrelid), d.fallback) end,
      'identity', a.attidentity,
      'generated', a.attgenerated <> '',
      'comment', col_description(c.oid, a.attnum)
    ) order by a.attnum)
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    left join lateral (
      with recursive up as (
        select y.oid, y.typbasetype, y.typtypmod, y.typnotnull, y.typdefault from pg_type y where y.oid = t.oid and t.typtype = 'd'
        union all
        select y.oid, y.typbasetype, y.typtypmod, y.typnotnull, y.typdefault from up join pg_type y on y.oid = up.typbasetype where y.typtype = 'd')
      select
        (select typbasetype from up order by (select typtype from pg_type z where z.oid = up.typbasetype) = 'd' limit 1) as base,
        (select max(typtypmod) from up) as typmod,
        bool_or(typnotnull) as notnull, max(typdefault) as fallback,
        (select json_agg(pg_get_constraintdef(k.oid)) from pg_constraint k where k.contypid in (select oid from up) and k.contype = 'c') as checks
      from up
    ) d on true
    join pg_type b on b.oid = case when t.typtype = 'd' then d.base else t.oid end
    left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'primaryKey', (select coalesce(json_agg(a.attname order by u.position), '[]')
    from pg_constraint k cross join unnest(k.conkey) with ordinality u(attnum, position)
    join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum where k.conrelid = c.oid and k.contype = 'p'),
  'unique', (select coalesce(json_agg(columns), '[]') from (
      select json_agg(a.attname order by u.position) as columns
      from pg_index x cross join unnest(x.indkey::int2[]) with ordinality u(attnum, position)
      join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum
      where x.indrelid = c.oid and x.indisunique and not x.indisprimary and x.indpred is null and x.indexprs is null and x.indisvalid
        and u.position <= x.indnkeyatts
      group by x.indexrelid order by x.indexrelid) s),
  'foreignKeys', (select coalesce(json_agg(json_build_object(
      'name', k.conname, 'onDelete', k.confdeltype,
      'target', json_build_object('schema', tn.nspname, 'table', tc.relname),
      'columns', (select json_agg(a.attname order by u.position) from unnest(k.conkey) with ordinality u(attnum, position)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum),
      'targetColumns', (select json_agg(a.attname order by u.position) from unnest(k.confkey) with ordinality u(attnum, position)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum)
    ) order by k.conname), '[]')
    from pg_constraint k join pg_class tc on tc.oid = k.confrelid join pg_namespace tn on tn.oid = tc.relnamespace
    where k.conrelid = c.oid and k.contype = 'f' and k.conparentid = 0),
  'checks', (select coalesce(json_agg(json_build_object(
      'name', k.conname, 'definition', pg_get_constraintdef(k.oid),
      'columns', (select coalesce(json_agg(a.attname), '[]') from unnest(k.conkey) u(attnum)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum)
    ) order by k.conname), '[]') from pg_constraint k where k.conrelid = c.oid and k.contype = 'c')
)::text as found
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any($1::text[]) and c.relkind in ('r', 'p', 'f', 'v', 'm') and not c.relispartition
  and not exists (select from pg_depend x where x.classid = 'pg_class'::regclass and x.objid = c.oid and x.deptype = 'e')
order by n.nspname, c.relkind in ('v', 'm'), c.relname`

/**
 * The tables and views of these schemas, with all that is known of them.
 *
 * @param options.schemas The schema of names without one when left out.
 * @throws `adopt.address`, `adopt.denied`, `adopt.nothing`, `database.unavailable`, `database.unsuitable`
 */
export async function readCatalogue(
  address: string,
  options: { readonly schemas?: readonly string[] } = {},
): Promise<Catalogue> {
  const client = clientOf(address)
  try {
    await client.connect()
    const { rows: about } = await client.query<Record<"version" | "number" | "user" | "database" | "schema", string>>(
      `select current_setting('server_version') as version, current_setting('server_version_num') as number, current_user as user,
        current_database() as database, coalesce(current_schema(), 'public') as schema`,
    )
    const [{ version = "", number = "0", user = "", database = "", schema = "public" } = {}] = about
    if (Number(number) < MIN_VERSION)
      throw new ArchipelError("database.unsuitable", {
        reason: `it is PostgreSQL ${version}, and 14 is the oldest that works`,
      })
    const schemas = options.schemas?.length ? options.schemas : [schema]
    const { rows } = await client.query<{ found: string }>(TABLES_SQL, [schemas])
    const all = rows.map(({ found }) => JSON.parse(found) as FoundTable)
    const tables = all.filter(({ privileges }) => privileges.includes("select"))
    if (all.length === 0) throw new ArchipelError("adopt.nothing", { database, schemas })
    if (tables.length === 0) throw new ArchipelError("adopt.denied", { database, user })
    return {
      version,
      user,
      database,
      defaultSchema: schema,
      schemas,
      tables,
      values: await valuesOf(client, tables),
      viewKeys: await viewKeysOf(client, tables),
    }
  } catch (error) {
    throw failureOf(error, address)
  } finally {
    await client.end().catch(() => {})
  }
}

function clientOf(address: string): pg.Client {
  let url: URL | undefined
  try {
    url = new URL(address)
  } catch {
    url = undefined
  }
  if (url === undefined || !/^postgres(?:ql)?:$/.test(url.protocol)) throw new ArchipelError("adopt.address", {})
  const client = new pg.Client({
    connectionString: address,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + CONNECT_MS,
    options: "-c default_transaction_read_only=on",
  })
  // A connection that is lost fails the query that waits for it.
  client.on("error", () => {})
  return client
}

function failureOf(error: unknown, address: string): unknown {
  if (error instanceof ArchipelError) return error
  const state = sqlState(error)
  const { username, pathname } = new URL(address)
  const of = { database: pathname.slice(1), user: username }
  if (state?.startsWith("28") || state === "42501") return new ArchipelError("adopt.denied", of, { cause: error })
  if (state === "3D000")
    return new ArchipelError("adopt.nothing", { database: of.database, schemas: [] }, { cause: error })
  if (state === undefined) return new ArchipelError("database.unavailable", { retryAfterSeconds: 1 }, { cause: error })
  return error
}

const quoted = pg.escapeIdentifier
const nameOf = ({ schema, table }: FoundTable): string => `${quoted(schema)}.${quoted(table)}`

const hasNoScale = ({ type }: FoundColumn): boolean => /^(?:numeric|real|double precision)$/.test(type)
const hasNoLength = ({ type, values }: FoundColumn): boolean =>
  values === null && /^(?:text|citext|character varying)$/.test(type)

/** What numbers without a scale and texts without a bound hold, of the first 100,000 rows. */
async function valuesOf(client: pg.Client, tables: readonly FoundTable[]): Promise<Map<string, FoundValues>> {
  const found = new Map<string, FoundValues>()
  for (const table of tables) {
    const columns = table.columns.filter((column) => hasNoScale(column) || hasNoLength(column))
    if (columns.length === 0) continue
    const parts = columns.map((column, index) => {
      const name = quoted(column.name)
      return hasNoScale(column)
        ? `max(scale(trim_scale(case when ${name}::text ~ '^-?[0-9.e+-]+$' then ${name}::numeric end))) as v${index}`
        : `json_build_array(max(length(${name}::text)), bool_or(${name}::text ~ '[\\r\\n]'))::text as v${index}`
    })
    const { rows } = await client.query<Record<string, string | number | null>>(
      `select ${parts.join(", ")} from (select * from ${nameOf(table)} limit ${SAMPLE_ROWS}) s`,
    )
    for (const [index, column] of columns.entries()) {
      const value = rows[0]?.[`v${index}`] ?? null
      const key = `${table.schema}.${table.table}.${column.name}`
      if (hasNoScale(column)) found.set(key, value === null ? {} : { scale: Number(value) })
      else {
        const [longest, hasLineBreaks] = JSON.parse(String(value)) as [number | null, boolean | null]
        found.set(key, longest === null ? {} : { longest, hasLineBreaks: hasLineBreaks ?? false })
      }
    }
  }
  return found
}

const IDENTIFYING = /^(?:smallint|integer|bigint|uuid|text|date|character(?: varying)?(?:\(\d+\))?)$/

/** Columns that no two rows of a view have in common: one, or else the first two that do it together. */
async function viewKeysOf(client: pg.Client, tables: readonly FoundTable[]): Promise<Map<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>()
  for (const view of tables.filter(({ kind }) => kind === "view")) {
    const names = view.columns.filter(({ type }) => IDENTIFYING.test(type)).map(({ name }) => name)
    const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other]))
    for (const candidate of [...names.map((name) => [name]), ...pairs].slice(0, MAX_CANDIDATES)) {
      const columns = candidate.map(quoted).join(", ")
      const { rows } = await client.query<{ is: boolean }>(
        `select count(*) > 0 and count(*) = count(distinct (${columns})) and bool_and((${columns}) is not null) as is
          from (select ${columns} from ${nameOf(view)} limit ${SAMPLE_ROWS}) s`,
      )
      if (!rows[0]?.is) continue
      found.set(`${view.schema}.${view.table}`, candidate)
      break
    }
  }
  return found
}

/** Candidates of a view that are tried. */
const MAX_CANDIDATES = 20
