/**
 * Columns that hold the same under two names, or under two types, as long as two releases run.
 *
 * @module
 */
import { createHash } from "node:crypto"
import pg from "pg"
import { defaultSql, literal, qualified } from "../schema/ddl.ts"
import { type ColumnSchema, FRAMEWORK_SCHEMA, type TableSchema } from "../schema/structure.ts"
import { type ColumnPair, digitsOf } from "./match.ts"

const quoted = pg.escapeIdentifier
const TRIGGER = "archipel_in_step"

/** The column of the new type, until it takes the place of the old one. */
export const nextColumn = (name: string): string => `${name.slice(0, 50)}__next`

const functionName = (kind: string, ...parts: readonly string[]): string =>
  `${FRAMEWORK_SCHEMA}.${quoted(`${kind}_${createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16)}`)}`
const stepFunction = (service: string, table: TableSchema): string => functionName("in_step", service, table.name)
const convertFunction = (service: string, table: TableSchema, column: string): string =>
  functionName("convert", service, table.name, column)

const isRenamed = ({ old, next }: ColumnPair): boolean => old.name !== next.name

/** Whether every value of one type has an equal one of the other. */
export function isLossless({ type: from }: ColumnSchema, { type: to }: ColumnSchema): boolean {
  if (to === "text" || to === "jsonb") return true
  if (from === "integer" && to === "bigint") return true
  const digits = digitsOf(to)
  if (digits === undefined) return false
  const whole = digits.precision - digits.scale
  const old = digitsOf(from)
  if (old !== undefined) return digits.scale >= old.scale && whole >= old.precision - old.scale
  return (from === "integer" && whole >= 10) || (from === "bigint" && whole >= 19)
}

/** SQL of an old value as one of the new type. */
function converted(service: string, table: TableSchema, { old, next }: ColumnPair, value: string): string {
  const direct =
    next.type === "jsonb"
      ? `to_jsonb(${value})`
      : isLossless(old, next)
        ? `${value}::${next.type}`
        : `${convertFunction(service, table, old.name)}(${value})`
  const constant = defaultSql(next)
  return next.nullable || constant === undefined ? direct : `coalesce(${direct}, ${constant})`
}

/** Makes the trigger that keeps both columns of each pair the same, whichever of them a statement writes. */
export function keepInStep(service: string, table: TableSchema, pairs: readonly ColumnPair[]): string[] {
  const name = stepFunction(service, table)
  const renamed = pairs.filter(isRenamed)
  const retyped = pairs.filter((pair) => !isRenamed(pair))
  const inserting = renamed.map(({ old, next }) => {
    const [was, is] = [`new.${quoted(old.name)}`, `new.${quoted(next.name)}`]
    const constant = next.nullable ? undefined : defaultSql(next)
    return `    ${is} := coalesce(${[is, was, ...(constant === undefined ? [] : [constant])].join(", ")});\n    ${was} := ${is};`
  })
  const updating = renamed.map(({ old, next }) => {
    const [was, is] = [quoted(old.name), quoted(next.name)]
    return `    if new.${is} is distinct from old.${is} then new.${was} := new.${is};\n    elsif new.${was} is distinct from old.${was} then new.${is} := new.${was}; end if;`
  })
  const always = retyped.map(
    (pair) =>
      `  new.${quoted(nextColumn(pair.old.name))} := ${converted(service, table, pair, `new.${quoted(pair.old.name)}`)};`,
  )
  const branches =
    renamed.length === 0 ? [] : ["  if tg_op = 'INSERT' then", ...inserting, "  else", ...updating, "  end if;"]
  const body = ["begin", ...branches, ...always, "  return new;", "end"].join("\n")
  return [
    ...retyped
      .filter(({ old, next }) => next.type !== "jsonb" && !isLossless(old, next))
      .map((pair) => conversion(service, table, pair)),
    `create or replace function ${name}() returns trigger language plpgsql as $$\n${body} $$`,
    `create or replace trigger ${TRIGGER} before insert or update on ${qualified(table)} for each row execute function ${name}()`,
  ]
}

/** As PostgreSQL casts it, or as it reads its text; empty where neither is possible. */
function conversion(service: string, table: TableSchema, { old, next }: ColumnPair): string {
  return `create or replace function ${convertFunction(service, table, old.name)}(value ${old.type}) returns ${next.type} language plpgsql immutable as $$
begin
  begin
    return value::${next.type};
  exception when others then
    return value::text::${next.type};
  end;
exception when others then
  return null;
end $$`
}

export const fillRenamed = (table: TableSchema, { old, next }: ColumnPair): string =>
  `update ${qualified(table)} set ${quoted(next.name)} = ${quoted(old.name)} where :rows and ${quoted(next.name)} is distinct from ${quoted(old.name)}`

export function fillRetyped(service: string, table: TableSchema, pair: ColumnPair): string {
  const value = converted(service, table, pair, quoted(pair.old.name))
  const column = quoted(nextColumn(pair.old.name))
  return `update ${qualified(table)} set ${column} = ${value} where :rows and ${column} is distinct from ${value}`
}

export const endInStep = (service: string, table: TableSchema, pairs: readonly ColumnPair[]): string[] => [
  `drop trigger if exists ${TRIGGER} on ${qualified(table)}`,
  `drop function if exists ${stepFunction(service, table)}()`,
  ...pairs
    .filter((pair) => !isRenamed(pair))
    .map(({ old }) => `drop function if exists ${convertFunction(service, table, old.name)}(${old.type})`),
]

/** The old name of a renamed table stays usable: whoever writes there writes the table. */
export const oldNameView = (old: TableSchema, next: TableSchema): string[] => [
  `create or replace view ${qualified(old)} as select ${old.columns.map(({ name }) => quoted(name)).join(", ")} from ${qualified(next)}`,
  `comment on view ${qualified(old)} is ${literal(`The table ${next.name} as the release before calls it`)}`,
]
