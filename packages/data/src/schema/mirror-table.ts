import type { ColumnMember, KeptModel } from "@archipel/core"
import { columnType, TEXT_COLLATION, unindexable } from "./column-schema.ts"
import type { ConstraintNames } from "./constraint-name.ts"
import type { ColumnSchema, IndexSchema, TableSchema } from "./structure.ts"

/**
 * The table of what is kept of another service's model: its id and the chosen columns, of their true types. Nothing is required or
 * checked but the key: the owner did that, and what is here may be of a moment ago.
 */
export function mirrorTable({ model, columns, table }: KeptModel, names: ConstraintNames): TableSchema {
  const source = `a mirror of ${model.name}`
  const column = (member: ColumnMember): ColumnSchema => {
    const type = columnType(member)
    return {
      name: member.columnName,
      type,
      ...(type === "text" ? { collation: TEXT_COLLATION } : {}),
      nullable: member.name !== "id",
      source: `${source}: ${member.name}`,
    }
  }
  return {
    framework: false,
    derived: true,
    name: table,
    source,
    columns: [model.members.get("id") as ColumnMember, ...columns].map(column),
    primaryKey: { name: names.name(table, "pkey"), columns: ["id"] },
    foreignKeys: [],
    checks: [],
    // Conditions begin at any of them; long texts and JSON have no index that would serve.
    indexes: columns
      .filter((member) => unindexable([member]) === undefined)
      .map(
        (member): IndexSchema => ({
          name: names.name(table, member.columnName, "idx"),
          method: "btree",
          columns: [{ name: member.columnName }],
        }),
      ),
  }
}
