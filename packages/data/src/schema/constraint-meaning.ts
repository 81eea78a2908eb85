/**
 * What a violated constraint says about a record.
 *
 * @module
 */
import {
  type Catalog,
  type ColumnMember,
  type ManyToManyMember,
  type Mistake,
  type ResolvedModel,
} from "@archipel/core"
import { keyPartsOf } from "../sql/key-sql.ts"
import type { ConstraintMeaning } from "../postgres/sql-state.ts"
import { compileCheck } from "./check-condition.ts"
import { desiredSchema } from "./desired-schema.ts"
import type { DatabaseSchema, TableSchema } from "./structure.ts"

/** A constraint or unique index in the contract's words. */
export interface SchemaConstraint extends ConstraintMeaning {
  readonly kind: "primaryKey" | "reference" | "unique" | "length" | "values" | "range" | "condition"
  /** Of a contract's own check. */
  readonly code?: string
}

export interface SchemaMeaning {
  /** The meaning of a constraint or unique index of the service's tables. */
  readonly constraint: (name: string) => SchemaConstraint | undefined
  /** The field of a column, "total" of ("orders", "total"). */
  readonly column: (table: string, column: string) => string | undefined
}

/** Looked up by the names in PostgreSQL's errors; made once per service. */
export function schemaMeaning(
  catalog: Catalog,
  service: string,
  schema: DatabaseSchema = desiredSchema(catalog, service),
): SchemaMeaning {
  const constraints = new Map<string, SchemaConstraint>()
  const columns = new Map<string, ReadonlyMap<string, string>>()
  const tables = new Map(schema.tables.filter(({ framework }) => !framework).map((table) => [table.name, table]))
  for (const model of catalog.models.values()) {
    if (model.service !== service) continue
    const table = tables.get(model.table)
    if (table) {
      columns.set(table.name, new Map(model.columns.map((member) => [member.columnName, member.name])))
      addModel(constraints, model, table)
    } else if (model.adopted) {
      columns.set(
        model.table,
        new Map(
          model.columns.flatMap((member) =>
            keyPartsOf(member)
              .filter(({ sharedWith }) => sharedWith === undefined)
              .map(({ column }) => [column, member.name]),
          ),
        ),
      )
    }
    for (const list of model.lists) {
      const link = list.kind === "manyToMany" && list.declaring ? tables.get(list.linkTable) : undefined
      if (link) addLink(constraints, list as ManyToManyMember, link)
    }
  }
  return {
    constraint: (name) => constraints.get(name),
    column: (table, column) => columns.get(table)?.get(column),
  }
}

function addModel(found: Map<string, SchemaConstraint>, resolved: ResolvedModel, table: TableSchema): void {
  const model = resolved.name
  const byColumn = new Map<string, ColumnMember>(resolved.columns.map((member) => [member.columnName, member]))
  const fieldsOf = (names: readonly string[]): string[] => names.map((name) => byColumn.get(name)?.name ?? name)
  found.set(table.primaryKey.name, { model, fields: fieldsOf(table.primaryKey.columns), kind: "primaryKey" })
  for (const { name, column } of table.foreignKeys)
    found.set(name, { model, fields: fieldsOf([column]), kind: "reference" })
  for (const { name, unique, columns } of table.indexes) {
    if (unique) found.set(name, { model, fields: fieldsOf(columns.map((column) => column.name)), kind: "unique" })
  }
  for (const { name, rule } of table.checks) {
    if (rule.kind !== "condition") {
      found.set(name, { model, fields: fieldsOf([rule.column]), kind: rule.kind })
      continue
    }
    const { code } = rule
    const fields = compileCheck(resolved, resolved.checks[code] ?? {}).members.map((member) => member.name)
    const mistake: Mistake = {
      path: fields.length === 1 ? `/${fields[0]}` : "",
      code,
      detail: `The ${resolved.label ?? resolved.localName} does not satisfy the check ${code}${fields.length > 0 ? ` on ${fields.join(", ")}` : ""}.`,
    }
    found.set(name, { model, fields, kind: "condition", code, mistake })
  }
}

function addLink(found: Map<string, SchemaConstraint>, link: ManyToManyMember, table: TableSchema): void {
  const meaning = { model: link.model.name, fields: [link.name] }
  found.set(table.primaryKey.name, { ...meaning, kind: "primaryKey" })
  for (const { name } of table.foreignKeys) found.set(name, { ...meaning, kind: "reference" })
}
