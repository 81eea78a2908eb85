import type { RecordData } from "../api/records.ts"
import { isOne, type UiField, type UiModel } from "../metadata/model.ts"
import type { Column } from "./columns.ts"

/** The cell that is edited. */
export interface CellEdit {
  readonly index: number
  readonly column: number
  readonly row: RecordData
}

const editable: ReadonlySet<UiField["type"]> = new Set([
  "text",
  "email",
  "phone",
  "url",
  "integer",
  "bigint",
  "decimal",
  "money",
  "bool",
  "date",
  "choice",
  "one",
])

/** Whether a column's cells can be written where they stand: the model's own fields of one line, as far as the rights go. */
export const isEditableColumn = (model: UiModel, { path, field }: Pick<Column, "path" | "field">): boolean =>
  model.rights.update &&
  field.update &&
  !path.includes(".") &&
  model.fields[path] === field &&
  editable.has(field.type) &&
  (!isOne(field) || field.collection !== undefined)

const numeric: ReadonlySet<string> = new Set(["integer", "bigint", "decimal", "money"])

/** What was typed as the value that is sent; undefined where it is none. */
export function parseTyped(field: Pick<UiField, "type">, text: string): unknown {
  const trimmed = text.trim()
  if (trimmed === "") return null
  if (!numeric.has(field.type)) return trimmed
  // Both points are understood, and spaces between thousands.
  const plain = trimmed.replaceAll(/[\s\u00a0\u202f]/g, "").replace(",", ".")
  if (!/^-?\d+(?:\.\d+)?$/.test(plain)) return undefined
  if (field.type === "integer") return Number.isInteger(Number(plain)) ? Number(plain) : undefined
  return plain
}
