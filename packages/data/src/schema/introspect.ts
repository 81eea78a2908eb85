/**
 * The structure that a database has.
 *
 * @module
 */
import pg from "pg"
import type { Queryable } from "../postgres/database.ts"
import { canonicalConstant } from "./column-schema.ts"
import { MARK, qualified } from "./ddl.ts"
import {
  type ActualSchema,
  type ActualTable,
  type CheckSchema,
  type ColumnSchema,
  FRAMEWORK_SCHEMA,
  type ForeignKeySchema,
  type IndexSchema,
} from "./structure.ts"

interface CatalogColumn {
  readonly name: string
  readonly type: string
  readonly collation: string | null
  readonly nullable: boolean
  readonly default: string | null
  readonly identity: boolean
  readonly comment: string | null
}
interface CatalogConstraint {
  readonly name: string
  readonly type: "p" | "f" | "c"
  readonly columns: readonly string[] | null
  readonly comment: string | null
}
interface CatalogIndex {
  readonly name: string
  readonly columns: readonly (string | null)[]
  readonly unique: boolean
  readonly valid: boolean
  readonly comment: string | null
}
interface CatalogTable {
  readonly name: string
  readonly framework: boolean
  readonly comment: string | null
  readonly columns: readonly CatalogColumn[] | null
  readonly constraints: readonly CatalogConstraint[] | null
  readonly indexes: readonly CatalogIndex[] | null
}
interface CatalogAnswer {
  readonly tables: readonly CatalogTable[] | null
  readonly functions: readonly { readonly name: string; readonly comment: string | null }[] | null
  readonly hasFrameworkSchema: boolean
  readonly foldCollation: string
  readonly trigramSchema: string | null
  readonly trigramAvailable: boolean
}

const CATALOG_SQL = `
select json_build_object(
  'tables', (
    select json_agg(json_build_object(
      'name', c.relname,
      'framework', n.nspname = '${FRAMEWORK_SCHEMA}',
      'comment', obj_description(c.oid, 'pg_class'),
      'columns', (
        select json_agg(json_build_object(
          'name', a.attname,
          'type', format_type(a.atttypid, a.atttypmod),
          'collation', (select o.collname from pg_collation o where o.oid = a.attcollation),
          'nullable', not a.attnotnull,
          'default', pg_get_expr(d.adbin, d.adrelid),
          'identity', a.attidentity <> '',
          'comment', col_description(c.oid, a.attnum)
        ) order by a.attnum)
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      ),
      'constraints', (
        select json_agg(json_build_object(
          'name', k.conname,
          'type', k.contype,
          'columns', (
            select json_agg(a.attname order by u.position)
            from unnest(k.conkey) with ordinality u (attnum, position)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum
          ),
          'comment', obj_description(k.oid, 'pg_constraint')
        ) order by k.conname)
        from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'f', 'c')
      ),
      'indexes', (
        select json_agg(json_build_object(
          'name', i.relname,
          'columns', (
            select json_agg(a.attname order by u.position)
            from unnest(x.indkey::int2[]) with ordinality u (attnum, position)
            left join pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum and u.attnum > 0
          ),
          'unique', x.indisunique,
          'valid', x.indisvalid,
          'comment', obj_description(i.oid, 'pg_class')
        ) order by i.relname)
        from pg_index x join pg_class i on i.oid = x.indexrelid
        where x.indrelid = c.oid and not x.indisprimary
      )
    ) order by c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and n.nspname in (current_schema(), '${FRAMEWORK_SCHEMA}')
  ),
  'functions', (
    select json_agg(json_build_object(
      'name', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
      'comment', obj_description(p.oid, 'pg_proc')
    ))
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = '${FRAMEWORK_SCHEMA}'
  ),
  'hasFrameworkSchema', exists (select from pg_namespace where nspname = '${FRAMEWORK_SCHEMA}'),
  'foldCollation', coalesce(
    (select 'pg_catalog."' || collname || '"' from pg_collation
     where collnamespace = 'pg_catalog'::regnamespace and collname in ('pg_c_utf8', 'und-x-icu')
       and collencoding in (-1, pg_char_to_encoding('UTF8'))
     order by collname limit 1),
    'pg_catalog."default"'
  ),
  'trigramSchema', (
    select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm'
  ),
  'trigramAvailable', exists (
    select from pg_available_extension_versions v
    where v.name = 'pg_trgm' and (
      (select rolsuper from pg_roles where rolname = current_user)
      or (v.trusted and has_database_privilege(current_database(), 'create'))
    )
  )
)::text`

/** Reads the service's tables (where unqualified names are looked up) and the framework's: two queries. */
export async function introspect(database: Queryable): Promise<ActualSchema> {
  const answer = JSON.parse((await database.text({ text: CATALOG_SQL })) ?? "{}") as CatalogAnswer
  const found = answer.tables ?? []
  const isEmpty = await emptiness(database, found)
  return {
    tables: found.map((table, position) => actualTable(table, isEmpty[position] ?? false)),
    functions: new Map(
      (answer.functions ?? []).flatMap(({ name, comment }) => {
        const revision = marked(comment)
        return revision === undefined ? [] : [[name, Number(revision)] as const]
      }),
    ),
    hasFrameworkSchema: answer.hasFrameworkSchema,
    foldCollation: answer.foldCollation,
    trigram:
      answer.trigramSchema !== null
        ? { schema: answer.trigramSchema }
        : answer.trigramAvailable
          ? "available"
          : undefined,
  }
}

async function emptiness(database: Queryable, tables: readonly CatalogTable[]): Promise<readonly boolean[]> {
  if (tables.length === 0) return []
  const tests = tables.map((table) => `not exists (select from ${qualified(table)})`)
  return JSON.parse((await database.text({ text: `select json_build_array(${tests.join(", ")})::text` })) ?? "[]")
}

const marked = (comment: string | null): string | undefined =>
  comment?.startsWith(MARK) ? comment.slice(MARK.length) : undefined

function actualTable(table: CatalogTable, isEmpty: boolean): ActualTable {
  const foreign = new Set<string>()
  const key = table.constraints?.find(({ type }) => type === "p")
  const source = marked(table.comment)
  /** The definition in the comment, or a note that there is none. */
  const read = <Definition>({ name, comment }: { name: string; comment: string | null }): Definition[] => {
    const text = marked(comment)
    if (text !== undefined) return [{ name, ...(JSON.parse(text) as object) } as Definition]
    foreign.add(name)
    return []
  }
  const ofType = (wanted: string): readonly CatalogConstraint[] =>
    (table.constraints ?? []).filter(({ type }) => type === wanted)
  return {
    framework: table.framework,
    name: table.name,
    ...(source === undefined ? {} : { source }),
    columns: (table.columns ?? []).map(actualColumn),
    primaryKey: { name: key?.name ?? "", columns: key?.columns ?? [] },
    foreignKeys: ofType("f").flatMap((constraint) => read<ForeignKeySchema>(constraint)),
    checks: ofType("c").flatMap((constraint) => read<CheckSchema>(constraint)),
    indexes: (table.indexes ?? []).flatMap((index) => {
      const kept = read<IndexSchema>(index)
      const isIntact = kept.every(
        (made) =>
          index.valid &&
          index.unique === (made.unique ?? false) &&
          (made.method === "trigram" || made.columns.map(({ name }) => name).join() === index.columns.join()),
      )
      if (!isIntact) foreign.add(index.name)
      return isIntact ? kept : []
    }),
    isEmpty,
    foreign,
  }
}

function actualColumn(column: CatalogColumn): ColumnSchema {
  const source = marked(column.comment)
  const constant = column.default === null || column.identity ? undefined : readDefault(column.type, column.default)
  return {
    name: column.name,
    type: column.type,
    ...(column.collation === null ? {} : { collation: column.collation }),
    nullable: column.nullable,
    ...(constant === undefined ? {} : { default: constant }),
    ...(column.identity ? { identity: true as const } : {}),
    ...(source === undefined ? {} : { source }),
  }
}

/** The constant behind a default's printed form, such as `'draft'::text`, `5` or `(-5)`; other expressions as they are. */
function readDefault(type: string, expression: string): string {
  const quotedConstant = /^'((?:[^']|'')*)'::[\w ()]+$/.exec(expression)
  const constant = quotedConstant?.[1]?.replaceAll("''", "'") ?? /^\(?(-?[\d.]+|true|false)\)?$/.exec(expression)?.[1]
  if (constant === undefined) return expression
  try {
    return canonicalConstant(type, constant)
  } catch {
    return expression
  }
}

/** For messages: how people write a table's name. */
export const tableName = (table: { readonly framework: boolean; readonly name: string }): string =>
  table.framework ? `${FRAMEWORK_SCHEMA}.${table.name}` : table.name

/** Whether PostgreSQL said that a relation or schema is not there. */
export const isMissing = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === "42P01" || error.code === "3F000")
