import { formatValue, isNumeric } from "../fields/format.ts"
import type { Language } from "../i18n/language.ts"
import type { Column } from "./columns.ts"

/** A cell as a spreadsheet reads it: numbers without grouping and currency, days as ISO 8601, all else in words. */
export function cellText({ field }: Pick<Column, "field">, value: unknown, language: Language): string {
  if (value === null || value === undefined) return ""
  if (isNumeric(field)) return language === "fr" ? String(value).replace(".", ",") : String(value)
  if (field.type === "date") return String(value)
  return formatValue(field, value, language)
}
