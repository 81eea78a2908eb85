/**
 * Adopted tables are compared with the contract, and never altered.
 *
 * @module
 */
import type { Catalog, ColumnMember, ManyToManyMember, ResolvedModel } from "@archipel/core"
import { adoptedTablesSql } from "../adopt/table-sql.ts"
import type { Queryable } from "../postgres/database.ts"
import { keyPartsOf, linkTableOf, tableOf } from "../sql/key-sql.ts"
import { valueType } from "../sql/statement-builder.ts"
import type { SchemaRefusal } from "./plan-additive.ts"

/** What the contract expects of one table that was there before. */
interface Expected {
  readonly what: string
  /** Quoted, with its schema where it is not the usual one. */
  readonly table: string
  readonly columns: readonly {
    readonly what: string
    readonly name: string
    readonly fits: (type: string) => boolean
  }[]
}

interface Found {
  readonly position: number
  readonly columns: Readonly<Record<string, string>> | null
}

export interface AdoptedState {
  /** Statements that make the tables, in a database in which none of them is. */
  readonly missing: readonly string[]
  readonly refused: readonly SchemaRefusal[]
}

const NOTHING: AdoptedState = { missing: [], refused: [] }

/** How the adopted tables of a service differ from its contract: one query, or none for a service without any. */
export async function compareAdopted(on: Queryable, catalog: Catalog, service: string): Promise<AdoptedState> {
  const models = [...catalog.models.values()].filter((model) => model.service === service && model.adopted)
  if (models.length === 0) return NOTHING
  const expected = [...models.map(tableOfModel), ...models.flatMap(linksOf).map(tableOfLink)]
  const answer = await on.text(
    {
      text: `select json_agg(json_build_object('position', e.position, 'columns', (
          select json_object_agg(a.attname, format_type(
            case when t.typtype = 'd' then t.typbasetype else a.atttypid end,
            case when t.typtype = 'd' then t.typtypmod else a.atttypmod end))
          from pg_attribute a join pg_type t on t.oid = a.atttypid
          where a.attrelid = to_regclass(e.name) and (a.attnum > 0) and not a.attisdropped)) order by e.position)::text
        from unnest($1::text[]) with ordinality as e(name, position)`,
    },
    [expected.map(({ table }) => table)],
  )
  const found = JSON.parse(answer ?? "[]") as Found[]
  if (found.every(({ columns }) => columns === null)) return { missing: adoptedTablesSql(models), refused: [] }
  return { missing: [], refused: expected.flatMap((table, index) => differences(table, found[index]?.columns ?? null)) }
}

function differences({ what, table, columns }: Expected, found: Found["columns"]): SchemaRefusal[] {
  if (found === null) {
    return [
      {
        what: `${what} (table ${table})`,
        why: "the model stands on a table that was there before, and this database has none of that name that may be read",
        hint: "Check the address of the database and the rights of its user; if the table is gone, take the model out of the contract.",
      },
    ]
  }
  return columns.flatMap((column): SchemaRefusal[] => {
    const type = found[column.name]
    if (type !== undefined && column.fits(type)) return []
    return [
      {
        what: `${column.what} (column ${column.name} of table ${table})`,
        why:
          type === undefined
            ? "an adopted table is never altered, and this one has no such column"
            : `the column's type is ${type}, which the field does not fit`,
        hint: "Name the column that is there with `.column(…)`, with its type where it is not the field's, or take the field out of the contract.",
      },
    ]
  })
}

const FITTING: Readonly<Record<string, RegExp>> = {
  uuid: /^uuid$/,
  bigint: /^(smallint|integer|bigint)$/,
  integer: /^(smallint|integer)$/,
  numeric: /^numeric/,
  boolean: /^boolean$/,
  date: /^date$/,
  timestamptz: /^timestamp.* with time zone$/,
  jsonb: /^jsonb$/,
  text: /^(text|character varying.*|citext|name)$/,
}

const fits = (type: string, columnType: string | undefined) => (found: string) =>
  columnType === undefined ? (FITTING[type]?.test(found) ?? false) : sameType(found, columnType)

/** Whether two names are of one type, whatever its length; a name without a schema is that of any. */
function sameType(found: string, wanted: string): boolean {
  const bare = (type: string): string => type.replace(/\(.*?\)/, "").replaceAll('"', "")
  const [one, other] = [bare(found), bare(wanted)]
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`)
}

function tableOfModel(model: ResolvedModel): Expected {
  const stored = model.columns.filter(
    ({ name, stored }) => stored?.kind !== "transaction" && (name !== "id" || stored?.kind !== "key"),
  )
  return {
    what: model.name,
    table: tableOf(model),
    columns: stored.flatMap((member) =>
      columnsOf(member).map((column) => ({ ...column, what: `${model.name}.${member.name}` })),
    ),
  }
}

function columnsOf(member: ColumnMember): Pick<Expected["columns"][number], "name" | "fits">[] {
  if (member.stored?.kind !== "key") {
    const type = member.stored?.kind === "type" ? member.stored.type : undefined
    return [{ name: member.columnName, fits: fits(valueType(member), type) }]
  }
  return keyPartsOf(member).map(({ column, type, columnType }) => ({ name: column, fits: fits(type, columnType) }))
}

const linksOf = (model: ResolvedModel): ManyToManyMember[] =>
  model.lists.filter(
    (list): list is ManyToManyMember => list.kind === "manyToMany" && list.declaring && list.through !== undefined,
  )

const tableOfLink = (link: ManyToManyMember): Expected => ({
  what: `${link.model.name}.${link.name}`,
  table: linkTableOf(link),
  columns: [
    ...link.model.key.map((part, index) => ({ ...part, column: link.ownColumns[index] as string })),
    ...link.target.key.map((part, index) => ({ ...part, column: link.targetColumns[index] as string })),
  ].map(({ column, type, columnType }) => ({
    what: `${link.model.name}.${link.name}`,
    name: column,
    fits: fits(type, columnType),
  })),
})
