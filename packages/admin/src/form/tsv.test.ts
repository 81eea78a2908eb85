import fc from "fast-check"
import { expect, test } from "vitest"
import { formatTsv, MAX_ROWS, parseTsv } from "./tsv.ts"

test("cells as a spreadsheet copies them", () => {
  expect(parseTsv("Chai\t3\r\nTofu\t5\r\n")).toEqual([
    ["Chai", "3"],
    ["Tofu", "5"],
  ])
  expect(parseTsv('"two\nlines"\t"a ""quote"""\t')).toEqual([["two\nlines", 'a "quote"', ""]])
  expect(parseTsv('5" nails')).toEqual([['5" nails']])
  expect(parseTsv('"open')).toEqual([['"open']])
})

test("what is copied is what is pasted", () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', "\t", "\n", "\r", " ", "é") })
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }), (rows) => {
      expect(parseTsv(formatTsv(rows))).toEqual(rows)
    }),
  )
})

test("no more rows than a change may have lines", () => {
  expect(parseTsv("x\n".repeat(MAX_ROWS + 5))).toHaveLength(MAX_ROWS)
})
