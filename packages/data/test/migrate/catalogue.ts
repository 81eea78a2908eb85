/**
 * What PostgreSQL says about a schema, to compare how two came to be.
 *
 * @module
 */
import type { Database } from "@archipel/data"

const SQL = `
select json_build_object(
  'relations', (
    select json_agg(json_build_array(c.relname, c.relkind, obj_description(c.oid, 'pg_class')) order by c.relname)
    from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'v', 'S', 'm')
  ),
  'columns', (
    select json_agg(json_build_array(c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
      pg_get_expr(d.adbin, d.adrelid), (select collname from pg_collation where oid = a.attcollation), col_description(c.oid, a.attnum))
      order by c.relname, a.attname)
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
  ),
  'constraints', (
    select json_agg(json_build_array(k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid), k.convalidated, obj_description(k.oid, 'pg_constraint'))
      order by k.conrelid::regclass::text, k.conname)
    -- Of PostgreSQL 18 also what is not null is a constraint, whose name appears nowhere.
    from pg_constraint k where k.connamespace = current_schema()::regnamespace and k.contype <> 'n'
  ),
  'indexes', (
    select json_agg(json_build_array(i.relname, replace(pg_get_indexdef(i.oid), current_schema() || '.', ''), x.indisvalid, obj_description(i.oid, 'pg_class')) order by i.relname)
    from pg_index x join pg_class i on i.oid = x.indexrelid where i.relnamespace = current_schema()::regnamespace
  ),
  'triggers', (
    select json_agg(t.tgname order by t.tgname) from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = current_schema()::regnamespace and not t.tgisinternal
  ),
  'functions', (
    select json_agg(p.proname order by p.proname) from pg_proc p where p.pronamespace = 'archipel'::regnamespace
  )
)::text`

/** Without the order of columns, in which a migration may differ. */
export const catalogueOf = async (database: Database): Promise<unknown> =>
  JSON.parse((await database.text({ text: SQL })) ?? "{}")
