/** A cell of a list, by the positions of its row and column. */
export interface CellPlace {
  readonly index: number
  readonly column: number
}

/** A rectangle of cells, its borders included. */
export interface CellRange {
  readonly first: number
  readonly last: number
  readonly left: number
  readonly right: number
}

/** The cells between two corners. */
export const rangeOf = (a: CellPlace, b: CellPlace): CellRange => ({
  first: Math.min(a.index, b.index),
  last: Math.max(a.index, b.index),
  left: Math.min(a.column, b.column),
  right: Math.max(a.column, b.column),
})
