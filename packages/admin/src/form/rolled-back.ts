import type { FormState, Line } from "./form-state.ts"

/**
 * A form whose save failed: as it was before, with what was typed while the answer was awaited.
 *
 * @param before As it was sent.
 * @param now On top of the record as it was expected to become.
 */
export function rolledBack(before: FormState, now: FormState): FormState {
  const lines: Record<string, readonly Line[]> = {}
  for (const [list, known] of Object.entries(before.lines)) {
    const current = new Map((now.lines[list] ?? []).map((line) => [line.key, line]))
    const kept = known
      .map((line): Line | undefined => {
        if (line.deleted) return line
        const since = current.get(line.key)
        current.delete(line.key)
        if (since === undefined || since.deleted) {
          return line.stored === undefined ? undefined : { ...line, edits: {}, deleted: true }
        }
        return { ...line, edits: { ...line.edits, ...since.edits } }
      })
      .filter((line) => line !== undefined)
    lines[list] = [...kept, ...current.values()]
  }
  return { ...before, edits: { ...before.edits, ...now.edits }, lines }
}

/** Gives the lines that were made by a save the names that the form has for them: they come last, in the order they were sent. */
export function renamedLines(now: FormState, record: Readonly<Record<string, unknown>>, sent: FormState): FormState {
  const lines: Record<string, readonly Line[]> = {}
  for (const [list, known] of Object.entries(now.lines)) {
    const before = new Set((sent.lines[list] ?? []).filter((line) => line.stored !== undefined).map(({ key }) => key))
    const made = ((record[list] ?? []) as readonly { readonly id: string }[]).filter(({ id }) => !before.has(id))
    const asked = (sent.lines[list] ?? []).filter(
      (line) => line.stored === undefined && Object.keys(line.edits).length > 0,
    )
    const names = new Map(asked.map((line, index) => [line.key, made[index]]))
    lines[list] = known.flatMap((line) => {
      if (!names.has(line.key)) return line
      const stored = names.get(line.key)
      return stored === undefined ? [] : { ...line, key: stored.id, stored: stored as Line["stored"] }
    })
  }
  return { ...now, lines }
}
