/**
 * Changed records written: each once, one statement for each model and kind of change.
 *
 * @module
 */
import {
  changedColumns,
  type ColumnMember,
  isChanged,
  isNew,
  type LinkChange,
  type ResolvedModel,
  type Work,
  type WorkRow,
} from "@archipel/core"
import { equalColumns, idType, linkEnds, linkTableOf, tableOf, valuesOfId } from "../sql/key-sql.ts"
import { identifier, valueType } from "../sql/statement-builder.ts"
import { principalId } from "../sql/parameters.ts"
import type { BoundStatement } from "./change-record.ts"
import { isAutomaticName } from "./adopted-rows.ts"
import { adoptedInsert, adoptedUpdate, deleteRows, isStoredOtherwise } from "./adopted-sql.ts"
import { statementOf } from "./named-statement.ts"
import { boundValue } from "./row-values.ts"
import type { WriteSession } from "./write-session.ts"

function arrays(columns: readonly ColumnMember[], rows: readonly WorkRow[]): unknown[] {
  return columns.map((member) => rows.map((row) => boundValue(member, row.values[member.name])))
}

const unnested = (columns: readonly ColumnMember[]): string =>
  `unnest(${columns.map((member, i) => `$${i + 1}::${valueType(member)}[]`).join(", ")})`

function insertStatement(model: ResolvedModel, rows: readonly WorkRow[]): BoundStatement {
  if (isStoredOtherwise(model)) return adoptedInsert(model, rows)
  const { columns } = model
  const names = columns.map((member) => identifier(member.columnName)).join(", ")
  const text = `insert into ${tableOf(model)} (${names}) select * from ${unnested(columns)}`
  return { statement: statementOf(text), values: arrays(columns, rows) }
}

function updateStatements(model: ResolvedModel, rows: readonly WorkRow[]): BoundStatement[] {
  const groups = new Map<string, { columns: ColumnMember[]; rows: WorkRow[] }>()
  for (const row of rows) {
    const columns = changedColumns(row)
    const key = columns.map((member) => member.name).join()
    const group = groups.get(key)
    if (group) group.rows.push(row)
    else groups.set(key, { columns, rows: [row] })
  }
  return [...groups.values()].map((group) => {
    if (isStoredOtherwise(model)) return adoptedUpdate(model, group.columns, group.rows)
    const columns = [model.members.get("id") as ColumnMember, ...group.columns]
    const names = columns.map((member) => identifier(member.columnName))
    const sets = names
      .slice(1)
      .map((name) => `${name} = u.${name}`)
      .join(", ")
    const text = `update ${tableOf(model)} t set ${sets} from ${unnested(columns)} as u(${names.join(", ")}) where t.id = u.id`
    return { statement: statementOf(text), values: arrays(columns, group.rows) }
  })
}

function linkStatements(links: readonly LinkChange[]): BoundStatement[] {
  const made: BoundStatement[] = []
  for (const member of new Set(links.map((link) => link.member))) {
    const table = linkTableOf(member)
    const { own, target } = linkEnds(member)
    const ends = [...own, ...target].map(({ column }) => identifier(column))
    const given = `unnest($1::${idType(own)}[], $2::${idType(target)}[]) as u(own, target)`
    const values = [...valuesOfId(own, "u.own"), ...valuesOfId(target, "u.target")]
    for (const added of [false, true]) {
      const some = links.filter((link) => link.member === member && link.added === added)
      if (some.length === 0) continue
      const text = added
        ? `insert into ${table} (${ends.join(", ")}) select ${values.join(", ")} from ${given} on conflict do nothing`
        : `delete from ${table} l using ${given} where ${equalColumns(
            ends.map((end) => `l.${end}`),
            values,
          )}`
      made.push({ statement: statementOf(text), values: [some.map((l) => l.own), some.map((l) => l.target)] })
    }
  }
  return made
}

/** What was said of records and attached to them goes with them. */
const UNDISCUSSED = statementOf(
  `with c as (delete from archipel.comments where model = $1 and record_id = any($2::uuid[]))
delete from archipel.attachments where model = $1 and record_id = any($2::uuid[])`,
)

const depth = (model: ResolvedModel): number => (model.owner ? 1 + depth(model.owner.model) : 0)

/** The parents, by model, that changed lines belong or belonged to and that are not locked yet. */
export function missingOwners(work: Work): Map<ResolvedModel, Set<string>> {
  const missing = new Map<ResolvedModel, Set<string>>()
  for (const row of work.all()) {
    const owner = row.model.owner
    if (!owner || !isChanged(row)) continue
    for (const id of [row.values[owner.inverse.name], row.before?.[owner.inverse.name]]) {
      if (typeof id !== "string" || work.row(owner.model, id)?.locked) continue
      const known = missing.get(owner.model)
      if (known) known.add(id)
      else missing.set(owner.model, new Set([id]))
    }
  }
  return missing
}

/** The records that the write changes, each with its new version. A changed line is a change of its parent too. */
export function changedRows(work: Work, session: WriteSession): WorkRow[] {
  for (const row of [...work.all()].sort((a, b) => depth(b.model) - depth(a.model))) {
    const owner = row.model.owner
    if (!owner || !isChanged(row)) continue
    for (const id of [row.values[owner.inverse.name], row.before?.[owner.inverse.name]]) {
      const parent = typeof id === "string" ? work.row(owner.model, id) : undefined
      if (parent?.locked && !parent.deleted) parent.touched = true
    }
  }
  const changed = [...work.all()].filter(isChanged)
  for (const row of changed) {
    if (isNew(row) || row.deleted) continue
    const automatic: Readonly<Record<string, unknown>> = {
      version: Number(row.before?.["version"]) + 1,
      updatedAt: session.now,
      updatedBy: principalId(session.principal),
    }
    for (const [name, value] of Object.entries(automatic)) {
      if (!row.model.adopted || isAutomaticName(row.model, name)) row.values[name] = value
    }
  }
  return changed
}

/** In an order that foreign keys allow: what is referred to first, and deleted last. */
export function flushStatements(changed: readonly WorkRow[], links: readonly LinkChange[]): BoundStatement[] {
  const inserted = changed.filter((row) => isNew(row) && !row.deleted)
  const updated = changed.filter((row) => !isNew(row) && !row.deleted)
  const deleted = changed.filter((row) => !isNew(row) && row.deleted)
  const byModel = (rows: readonly WorkRow[]): [ResolvedModel, WorkRow[]][] => [...Map.groupBy(rows, (row) => row.model)]
  return [
    ...byModel(inserted)
      .sort(([a], [b]) => depth(a) - depth(b))
      .map(([model, rows]) => insertStatement(model, rows)),
    ...byModel(updated).flatMap(([model, rows]) => updateStatements(model, rows)),
    ...linkStatements(links),
    ...byModel(deleted)
      .sort(([a], [b]) => depth(b) - depth(a))
      .map(([model, rows]) =>
        deleteRows(
          model,
          rows.map((row) => row.id),
        ),
      ),
    ...byModel(deleted)
      .filter(([model]) => model.discussion)
      .map(([model, rows]) => ({ statement: UNDISCUSSED, values: [model.name, rows.map((row) => row.id)] })),
  ]
}
