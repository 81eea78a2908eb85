import {
  addColumn,
  checkSql,
  columnSql,
  defaultSql,
  dropConstraint,
  markColumn,
  markConstraint,
  qualified,
} from "../schema/ddl.ts"
import type { ColumnSchema, ForeignKeySchema, TableSchema } from "../schema/structure.ts"
import type { TableDiff } from "./diff.ts"
import { endInStep, fillRenamed, fillRetyped, isLossless, keepInStep, nextColumn } from "./in-step.ts"
import { columnsOf, isWiderNumber, type ColumnPair } from "./match.ts"
import { quoted } from "./rename-steps.ts"
import type { NewStep } from "./step.ts"
import { batchesStep, catalogueStep, validateStep } from "./step-list.ts"

/** Columns that come, go, or become another. */
export function columnSteps(diff: TableDiff): void {
  for (const column of diff.added) addedColumn(diff, column)
  for (const column of diff.removed) removedColumn(diff, column)
  for (const pair of diff.kept) keptColumn(diff, pair)
  if (diff.replaced.length > 0) replacedColumns(diff)
}

const alter = (table: TableSchema, column: string): string =>
  `alter table ${qualified(table)} alter column ${quoted(column)}`
const fieldOf = ({ source, name }: ColumnSchema): string => source ?? name

function addedColumn(diff: TableDiff, column: ColumnSchema): void {
  const { list, next } = diff
  const isFilled = column.nullable || column.default !== undefined || column.identity === true
  list.add(
    "expand",
    "add",
    catalogueStep(
      next.name,
      `${fieldOf(column)}: add the column ${column.name}`,
      addColumn(next, isFilled ? column : { ...column, nullable: true }).map(ifMissing),
    ),
  )
  if (!isFilled) required(diff, column, column.name, false)
}

const ifMissing = (statement: string): string => statement.replace(" add column ", " add column if not exists ")

/**
 * Every row has a value: proved by a constraint beside running writes, so that PostgreSQL need not look again.
 *
 * @param isFilled Whether empty ones get the default, if there is one.
 */
function required(diff: TableDiff, column: ColumnSchema, name: string, isFilled: boolean): void {
  const { list, next } = diff
  const proof = `archipel_${name.slice(0, 40)}_required`
  const has = {
    name: proof,
    rule: { kind: "condition", code: "required", sql: `${quoted(name)} is not null` },
  } as const
  list.add(
    "contract",
    "required",
    catalogueStep(next.name, `${fieldOf(column)}: refuse what is written without it`, [
      `alter table ${qualified(next)} drop constraint if exists ${quoted(proof)}, add ${checkSql(has)} not valid`,
    ]),
  )
  const constant = defaultSql(column)
  if (isFilled && constant !== undefined)
    list.add(
      "contract",
      "required",
      batchesStep(
        next.name,
        `${fieldOf(column)}: give empty ones the default`,
        `update ${qualified(next)} set ${quoted(name)} = ${constant} where :rows and ${quoted(name)} is null`,
        next.primaryKey.columns,
        `that ${fieldOf(column)} is empty in rows that are there: they get its default ${constant}`,
      ),
    )
  list.add(
    "contract",
    "required",
    validateStep(
      next.name,
      `${fieldOf(column)}: look whether every row has a value`,
      `alter table ${qualified(next)} validate constraint ${quoted(proof)}`,
    ),
  )
  list.add(
    "contract",
    "required",
    catalogueStep(next.name, `${fieldOf(column)}: require it`, [
      `${alter(next, name)} set not null`,
      dropConstraint(next, proof),
    ]),
  )
}

function removedColumn({ list, old, next }: TableDiff, column: ColumnSchema): void {
  const isFilled = column.nullable || column.default !== undefined || column.identity === true
  if (!isFilled)
    list.add(
      "expand",
      "relax",
      catalogueStep(next.name, `${fieldOf(column)}: the new release does not fill it`, [
        `${alter(next, column.name)} drop not null`,
      ]),
    )
  // The new release deletes records without knowing who refers to them here.
  for (const key of old.foreignKeys.filter((each) => each.column === column.name))
    list.add("expand", "relax", letGo(next, key, fieldOf(column)))
  list.add(
    "contract",
    "drop columns",
    catalogueStep(
      next.name,
      `${fieldOf(column)}: drop the column ${column.name}`,
      [`alter table ${qualified(next)} drop column if exists ${quoted(column.name)}`],
      next.derived ? undefined : `all values of ${fieldOf(column)} (column ${column.name} of ${next.name})`,
    ),
  )
}

/** A reference that the new release does not know is kept intact by nobody any more. */
export const letGo = (table: TableSchema, key: ForeignKeySchema, what: string): NewStep =>
  catalogueStep(table.name, `${what}: the database no longer holds on to what ${key.column} refers to`, [
    `alter table ${qualified(table)} drop constraint if exists ${quoted(key.name)}`,
  ])

function keptColumn(diff: TableDiff, pair: ColumnPair): void {
  const { list, old: before, next: table } = diff
  const { old, next } = pair
  if (isWiderNumber(old, next)) {
    // A check on the column would be looked at for every row, under a lock that stops everything.
    const checks = before.checks.filter(({ rule }) => columnsOf(rule).has(old.name))
    list.add(
      "expand",
      "widen",
      catalogueStep(before.name, `${fieldOf(next)}: more digits`, [
        ...checks.map(({ name }) => dropConstraint(before, name)),
        `${alter(before, old.name)} type ${next.type}`,
        ...checks.flatMap((check) => [
          `alter table ${qualified(before)} add ${checkSql(check)} not valid`,
          markConstraint(before, check),
        ]),
      ]),
    )
    for (const { name } of checks)
      list.add(
        "expand",
        "widen",
        validateStep(
          before.name,
          `${fieldOf(next)}: look again at ${name}`,
          `alter table ${qualified(before)} validate constraint ${quoted(name)}`,
        ),
      )
  }
  if (next.nullable && !old.nullable)
    list.add(
      "expand",
      "relax",
      catalogueStep(table.name, `${fieldOf(next)}: may be empty`, [`${alter(table, next.name)} drop not null`]),
    )
  if (!next.nullable && old.nullable) required(diff, next, next.name, true)
  if (next.default !== old.default) {
    const constant = defaultSql(next)
    list.add(
      "expand",
      "add",
      catalogueStep(table.name, `${fieldOf(next)}: ${constant === undefined ? "no default" : `default ${constant}`}`, [
        constant === undefined
          ? `${alter(table, next.name)} drop default`
          : `${alter(table, next.name)} set default ${constant}`,
      ]),
    )
  }
  if (old.source !== next.source && before.source === table.source)
    list.add(
      "expand",
      "add",
      catalogueStep(table.name, `${fieldOf(next)}: note that it was ${old.source}`, [markColumn(table, next)]),
    )
}

/** Renamed and retyped columns: the new one lies beside the old one, and a trigger keeps them the same until the old release is gone. */
function replacedColumns(diff: TableDiff): void {
  const { list, service, next: table, replaced } = diff
  for (const pair of replaced) {
    const { old, next } = pair
    const beside: ColumnSchema = {
      name: isRenamed(pair) ? next.name : nextColumn(old.name),
      type: next.type,
      nullable: true,
      ...(next.collation === undefined ? {} : { collation: next.collation }),
    }
    list.add(
      "expand",
      "add",
      catalogueStep(
        table.name,
        isRenamed(pair)
          ? `${fieldOf(next)}: add the column ${next.name}, which takes over from ${old.name}`
          : `${fieldOf(next)}: add the column ${beside.name} of type ${next.type}, which takes over from ${old.name}`,
        [
          `alter table ${qualified(table)} add column if not exists ${columnSql(beside)}`,
          ...(isRenamed(pair) ? [markColumn(table, next)] : []),
        ],
      ),
    )
    if (next.nullable && !old.nullable)
      list.add(
        "expand",
        "relax",
        catalogueStep(table.name, `${fieldOf(next)}: may be empty`, [`${alter(table, old.name)} drop not null`]),
      )
    // What a statement leaves out is told apart from what it gives, and the trigger knows the default.
    if (isRenamed(pair) && old.default !== undefined)
      list.add(
        "expand",
        "add",
        catalogueStep(table.name, `${fieldOf(next)}: the trigger gives the default`, [
          `${alter(table, old.name)} drop default`,
        ]),
      )
    list.add(
      "backfill",
      "fill",
      batchesStep(
        table.name,
        isRenamed(pair)
          ? `${fieldOf(next)}: copy the values of ${old.name}`
          : `${fieldOf(next)}: convert the values that are there`,
        isRenamed(pair) ? fillRenamed(table, pair) : fillRetyped(service, table, pair),
        table.primaryKey.columns,
        isRenamed(pair) || isLossless(old, next) || table.derived
          ? undefined
          : `values of ${fieldOf(next)} that are no ${next.type}, and what of a ${old.type} a ${next.type} cannot hold`,
      ),
    )
    if (!next.nullable) required(diff, next, beside.name, isRenamed(pair) && old.nullable)
  }
  list.add(
    "expand",
    "in step",
    catalogueStep(
      table.name,
      `${table.source}: keep old and new columns the same`,
      keepInStep(service, table, replaced),
    ),
  )
  // In one transaction: what is written in between would be in one column only.
  list.add(
    "contract",
    "replace",
    catalogueStep(table.name, replaced.map(takingOver).join("; "), [
      ...endInStep(service, table, replaced),
      ...replaced.flatMap((pair) => takeOver(table, pair)),
    ]),
  )
}

const isRenamed = ({ old, next }: ColumnPair): boolean => old.name !== next.name

const takingOver = (pair: ColumnPair): string =>
  isRenamed(pair)
    ? `${fieldOf(pair.next)}: drop the column ${pair.old.name}, whose values are in ${pair.next.name}`
    : `${fieldOf(pair.next)}: ${nextColumn(pair.old.name)} takes the place of ${pair.old.name}`

function takeOver(table: TableSchema, pair: ColumnPair): string[] {
  const { old, next } = pair
  const constant = defaultSql(next)
  return [
    `alter table ${qualified(table)} drop column if exists ${quoted(old.name)}`,
    ...(isRenamed(pair)
      ? []
      : [
          `alter table ${qualified(table)} rename column ${quoted(nextColumn(old.name))} to ${quoted(next.name)}`,
          markColumn(table, next),
        ]),
    ...(constant === undefined ? [] : [`${alter(table, next.name)} set default ${constant}`]),
  ]
}
