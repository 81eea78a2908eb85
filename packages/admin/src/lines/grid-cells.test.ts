import { describe, expect, test } from "vitest"
import { beneath, besides, firstOf, type GridShape, rangeOf } from "./grid-cells.ts"

// The third column is computed; the first of "b" is locked.
const shape: GridShape = {
  lines: ["a", "b", "c"],
  columns: 4,
  isEditable: (line, column) => column !== 2 && !(line === "b" && column === 0),
}

describe("the keyboard in a grid", () => {
  test("Tab passes over what is not typed into, and ends after the last cell", () => {
    const way = [{ line: "a", column: 0 }]
    for (let at = besides(shape, way[0] as never, 1); at; at = besides(shape, at, 1)) way.push(at)
    expect(way.map(({ line, column }) => `${line}${column}`)).toEqual(["a0", "a1", "a3", "b1", "b3", "c0", "c1", "c3"])
    expect(besides(shape, { line: "c", column: 0 }, -1)).toEqual({ line: "b", column: 3 })
    expect(besides(shape, { line: "a", column: 0 }, -1)).toBeUndefined()
  })

  test("up and down stay in their column", () => {
    expect(beneath(shape, { line: "a", column: 0 }, 1)).toEqual({ line: "c", column: 0 })
    expect(beneath(shape, { line: "c", column: 1 }, -1)).toEqual({ line: "b", column: 1 })
    expect(beneath(shape, { line: "c", column: 1 }, 1)).toBeUndefined()
    expect(firstOf(shape, "b")).toEqual({ line: "b", column: 1 })
  })

  test("a range is the same from either corner", () => {
    const range = { first: 0, last: 2, left: 1, right: 3 }
    expect(rangeOf(shape, { line: "a", column: 3 }, { line: "c", column: 1 })).toEqual(range)
    expect(rangeOf(shape, { line: "c", column: 1 }, { line: "a", column: 3 })).toEqual(range)
  })
})
