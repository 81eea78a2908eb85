import { keepPreference, preference } from "./preferences.ts"

/** A record that was opened, as the home page shows it. */
export interface Recent {
  readonly collection: string
  readonly id: string
  readonly title: string
  readonly model: string
  readonly at: string
}

export const RECENT = "recent"
const MAX_RECENT = 12
export const noRecent: readonly Recent[] = []

/** Notes that a record was opened; the latest come first. */
export function noteRecent(record: Omit<Recent, "at">): void {
  const others = preference(RECENT, noRecent).filter(({ id }) => id !== record.id)
  keepPreference(RECENT, [{ ...record, at: new Date().toISOString() }, ...others].slice(0, MAX_RECENT))
}
