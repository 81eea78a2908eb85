/**
 * What happened to a record and what was said of it, in one order.
 *
 * @module
 */

/** What became of a line, among the changes of the record that owns it. */
export interface LineChange {
  readonly id: string
  readonly operation: string
  readonly changes: Changes
}

/** By field what was and what is; of links what came and went; of lines what became of each. */
export interface Changes {
  readonly [field: string]:
    | { readonly old: unknown; readonly new: unknown }
    | { readonly added: readonly string[]; readonly removed: readonly string[] }
    | readonly LineChange[]
}

interface Actor {
  readonly kind: string
  readonly id: string | null
}

export interface HistoryEntry {
  readonly id: string
  readonly at: string
  readonly operation: string
  readonly action?: string
  readonly version: number
  readonly actor: Actor
  readonly changes: Changes
}

export interface Comment {
  readonly id: string
  readonly at: string
  readonly author: string | null
  readonly text: string
  readonly _can: readonly string[]
}

export type ActivityItem =
  | { readonly kind: "change"; readonly at: string; readonly entry: HistoryEntry }
  | { readonly kind: "comment"; readonly at: string; readonly comment: Comment }

/** Fields that change with every write, and say nothing of it. */
const untold: ReadonlySet<string> = new Set(["version", "updatedAt", "updatedBy", "createdAt", "createdBy", "id"])

export const toldFields = (changes: Changes): readonly string[] =>
  Object.keys(changes).filter((name) => !untold.has(name))

/** What is told by the comment itself. */
const isSaid = ({ operation, action }: HistoryEntry): boolean =>
  [operation, action].some((each) => each === "commented" || each === "uncommented")

/** Newest first. Of what is older than where one of both was cut off, nothing is told until it was fetched. */
export function activityOf(
  history: { readonly data: readonly HistoryEntry[]; readonly isWhole: boolean },
  comments: { readonly data: readonly Comment[]; readonly isWhole: boolean },
): readonly ActivityItem[] {
  const items: ActivityItem[] = [
    ...history.data
      .filter((entry) => !isSaid(entry))
      .map((entry): ActivityItem => ({ kind: "change", at: entry.at, entry })),
    ...comments.data.map((comment): ActivityItem => ({ kind: "comment", at: comment.at, comment })),
  ]
  const cuts = [history, comments].filter(({ isWhole }) => !isWhole).map(({ data }) => data.at(-1)?.at ?? "")
  const from = cuts.reduce((latest, at) => (at > latest ? at : latest), "")
  return items.filter(({ at }) => at >= from).toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
}
