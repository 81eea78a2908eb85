/**
 * What an adopted service does not say as its database does.
 *
 * @module
 */

/** Codes of remarks, with what each is about; stable, for whoever looks for them. */
export const remarks = {
  "key.missing": "Left out: nothing identifies a row",
  "key.unsupported": "Left out: a column of the key has a type that no id can have",
  "type.unsupported": "Columns left out: no field has such values",
  "type.required": "Records cannot be created: a column that is left out needs a value",
  "type.approximate": "Exact decimals over approximate numbers",
  "type.text": "Taken as texts, compared and ordered as such",
  "type.list": "Lists, as JSON: selected and written whole, not filtered inside",
  "type.time_zone": "Instants without a time zone are taken as UTC",
  "check.kept": "Checks that stay in the database alone: a violation is answered with `record.check_failed`",
  "reference.unique": "References to a unique key that is not the one that identifies the record: plain fields",
  "reference.outside": "References to tables that are not adopted: plain fields",
  "name.version":
    'A column named version is a plain field: if it counts changes, say `automatic: { version: "…" }` instead',
  "view.key": "Views, with the columns that identify a row as far as the rows of today say",
  "access.read": "The user of this address may not write: records can be read until somebody else's address is used",
} as const

export type RemarkCode = keyof typeof remarks

export interface Remark {
  readonly code: RemarkCode
  /** "orders", "orders.freight" */
  readonly where: string
  readonly says: string
}

/** The report as Markdown: what was made of each table, and every remark with its reason. */
export function reportText(
  title: string,
  models: readonly { readonly table: string; readonly model: string; readonly note: string }[],
  found: readonly Remark[],
): string {
  const parts = [
    `# ${title}`,
    "",
    "| table | model | |",
    "|---|---|---|",
    ...models.map(({ table, model, note }) => `| \`${table}\` | ${model} | ${note} |`),
  ]
  for (const code of Object.keys(remarks) as RemarkCode[]) {
    const some = found.filter((remark) => remark.code === code)
    if (some.length === 0) continue
    parts.push("", `## ${remarks[code]}`, "", `\`${code}\``, "")
    parts.push(...some.map(({ where, says }) => `- \`${where}\`: ${says}`))
  }
  if (found.length === 0) parts.push("", "Everything was mapped.")
  return `${parts.join("\n")}\n`
}
