import type { RecordData } from "../api/records.ts"
import type { GroupNode } from "./group-source.ts"
import type { RowSource } from "./row-source.ts"

/** What one line of a list is. */
export type Item =
  | { readonly kind: "row"; readonly row: RecordData | undefined; readonly depth: number; readonly source: RowSource }
  | { readonly kind: "group"; readonly group: GroupNode }

/** The lines of a list by position: rows alone, or groups with the rows of those that are open. */
export interface Items {
  readonly length: number
  at(index: number): Item | undefined
  /** Asks for what is missing of a range. */
  need(from: number, to: number): void
  /** Asks for the last ones at once. */
  needEnd(): void
}

export function rowItems(source: RowSource): Items {
  return {
    get length() {
      return source.state.total ?? 0
    },
    at: (index) => ({ kind: "row", row: source.row(index), depth: 0, source }),
    need: (from, to) => source.need(from, to),
    needEnd: () => source.needEnd(),
  }
}
