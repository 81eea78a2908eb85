/**
 * Where the keyboard goes in a grid of lines.
 *
 * @module
 */

/** A cell: the line's key, and the column's index. */
export interface CellAddress {
  readonly line: string
  readonly column: number
}

export interface GridShape {
  /** The lines' keys, in their order. */
  readonly lines: readonly string[]
  /** Whether a cell is typed into. */
  readonly isEditable: (line: string, column: number) => boolean
  readonly columns: number
}

function inLine({ isEditable, columns }: GridShape, line: string, from: number, step: 1 | -1): CellAddress | undefined {
  for (let column = from; column >= 0 && column < columns; column += step) {
    if (isEditable(line, column)) return { line, column }
  }
  return undefined
}

/** The cell that Tab (or, backwards, Shift+Tab) leads to; undefined past the last or before the first. */
export function besides(shape: GridShape, at: CellAddress, step: 1 | -1): CellAddress | undefined {
  const own = inLine(shape, at.line, at.column + step, step)
  if (own) return own
  const { lines, columns } = shape
  for (let index = lines.indexOf(at.line) + step; index >= 0 && index < lines.length; index += step) {
    const found = inLine(shape, lines[index] as string, step === 1 ? 0 : columns - 1, step)
    if (found) return found
  }
  return undefined
}

/** The cell above or below, over lines in which that column is not typed into. */
export function beneath(shape: GridShape, at: CellAddress, step: 1 | -1): CellAddress | undefined {
  const { lines, isEditable } = shape
  for (let index = lines.indexOf(at.line) + step; index >= 0 && index < lines.length; index += step) {
    const line = lines[index] as string
    if (isEditable(line, at.column)) return { line, column: at.column }
  }
  return undefined
}

export const firstOf = (shape: GridShape, line: string): CellAddress | undefined => inLine(shape, line, 0, 1)

/** The cells between two, as indexes of lines and columns, both included. */
export function rangeOf({ lines }: GridShape, a: CellAddress, b: CellAddress) {
  const [first, last] = [lines.indexOf(a.line), lines.indexOf(b.line)].toSorted((x, y) => x - y) as [number, number]
  return {
    first,
    last,
    left: Math.min(a.column, b.column),
    right: Math.max(a.column, b.column),
  }
}
