/**
 * The answer of a write that is one statement: made of values that are in memory, or by the statement itself.
 *
 * @module
 */
import type { ColumnMember, FieldMember, ResolvedModel, Rights, RowValues } from "@archipel/core"
import { nullableJson, objectText, wireJson } from "../read/json-value.ts"
import { columnOf } from "../sql/statement-builder.ts"

const OPAQUE: ReadonlySet<FieldMember["type"]> = new Set(["json", "file", "image"])

/** A record as the answer of a write, of values that are in memory anyway. */
export type AnswerText = (values: RowValues) => string

/** The columns that these rights show of any record; undefined if it depends on the record. */
function shownColumns(rights: Rights, model: ResolvedModel): readonly ColumnMember[] | undefined {
  const own = rights.of(model)
  const shown: ColumnMember[] = []
  for (const member of model.columns) {
    const { kind } = own.readable(member)
    if (kind === "true") shown.push(member)
    else if (kind !== "false") return undefined
  }
  return shown
}

/**
 * What writes the texts of a model's records for these rights, equal byte by byte to what the database would give; undefined
 * if a cell depends on more than its value.
 */
export function answerTextOf(rights: Rights, model: ResolvedModel): AnswerText | undefined {
  const columns = shownColumns(rights, model)
  if (!columns || columns.some((member) => member.kind === "field" && OPAQUE.has(member.type))) return undefined
  if (columns.length === 0) return () => "{}"
  const shown = columns.map(({ name }, i) => [name, `${i === 0 ? "{" : ","}${JSON.stringify(name)}:`] as const)
  return (values) => {
    let text = ""
    for (const [name, before] of shown) text += before + JSON.stringify(values[name] ?? null)
    return `${text}}`
  }
}

/** The same text as an expression over a row of the model's table; undefined if a cell depends on more than its value. */
export function answerSqlOf(rights: Rights, model: ResolvedModel, alias: string): string | undefined {
  const columns = shownColumns(rights, model)
  return (
    columns &&
    objectText(
      columns.map((member) => ({ name: member.name, value: nullableJson(wireJson(member, columnOf(alias, member))) })),
    )
  )
}
