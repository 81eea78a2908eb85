/**
 * Values of columns that have another type than their fields: in adopted tables.
 *
 * @module
 */
import type { FieldMember } from "@archipel/core"

const isArray = (type: string): boolean => type.endsWith("[]")

/** An expression of the column's type as one of the field's. */
export function fromStored(member: FieldMember, type: string, sql: string): string {
  switch (member.type) {
    case "decimal":
    case "money":
      return `round(${sql}::numeric, ${member.scale ?? 2})`
    case "integer":
    case "bigint":
    case "uuid":
    case "date":
      return `${sql}::${member.type}`
    case "bool":
      return `${sql}::boolean`
    case "datetime":
      // Finer digits than the wire has would make places in an order that no cursor can name.
      return type.includes("with time zone") && !type.includes("without")
        ? `${sql}::timestamptz(3)`
        : `(${sql} at time zone 'UTC')::timestamptz(3)`
    case "json":
    case "file":
    case "image":
      return isArray(type) ? `to_jsonb(${sql})` : `${sql}::jsonb`
    default:
      return `${sql}::text`
  }
}

/** An expression of the field's type as one of the column's. */
export function toStored(member: FieldMember, type: string, sql: string): string {
  if (isArray(type))
    return `case when ${sql} is not null then array(select jsonb_array_elements_text(${sql}))::${type} end`
  if (member.type === "datetime" && !(type.includes("with time zone") && !type.includes("without")))
    return `(${sql} at time zone 'UTC')`
  return `${sql}::${type}`
}
