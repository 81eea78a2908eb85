import { query } from "../api/records.ts"
import { noteTitle } from "../api/titles.ts"
import type { FieldUi } from "../form/field-ui.ts"
import type { TypedValue } from "../form/field-value.ts"
import { type Meant, optionOfText } from "./reference-options.ts"

/**
 * The records that pasted names mean.
 *
 * @module
 */

/** So many names one question asks for. */
const MAX_NAMES = 200
/** Names that are no title to the letter are looked for one by one, and no more than this. */
const MAX_GUESSES = 20

/** The records that pasted names mean: those that are titles to the letter with one question, the others as if they were typed. */
export async function recordsNamed(field: FieldUi, names: ReadonlySet<string>): Promise<ReadonlyMap<string, Meant>> {
  const { collection = "", display = "id" } = field
  const found = new Map<string, Meant>()
  const all = [...names]
  for (let from = 0; from < all.length; from += MAX_NAMES) {
    const part = all.slice(from, from + MAX_NAMES)
    const page = await query(collection, {
      select: [display],
      where: { [display]: { in: part } } as never,
      limit: 1_000,
    })
    for (const record of page.data) {
      const title = String(record[display])
      noteTitle(collection, record.id, title)
      found.set(title, found.has(title) ? "several" : { id: record.id, title })
    }
  }
  const rest = all.filter((name) => !found.has(name))
  const guesses = await Promise.all(
    rest.slice(0, MAX_GUESSES).map(async (name) => [name, await optionOfText({ collection, display }, name)] as const),
  )
  for (const [name, option] of guesses) found.set(name, option)
  return found
}

/** @param found What is known of the names. */
export function valueOfReference(name: string, field: FieldUi, found: ReadonlyMap<string, Meant>): TypedValue {
  if (name === "") return { ok: true, value: field.optional ? null : undefined }
  const record = found.get(name) ?? "none"
  if (typeof record === "object") return { ok: true, value: record.id }
  const code = record === "several" ? "reference.ambiguous" : "reference.missing"
  return { ok: false, code, detail: "" }
}
