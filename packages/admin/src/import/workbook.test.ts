import { expect, test } from "vitest"
import { type MadeCell, madeWorkbook } from "../../test/made-workbook.ts"
import { numberOfRow, tablesOf, tableLimits } from "./table.ts"

const tables = async (bytes: Uint8Array<ArrayBuffer>) => tablesOf(new File([bytes], "book.xlsx"))
const number = (text: string): MadeCell => ({ number: text })

test("cells come in as the texts that an import takes: exact numbers, days, yes and no", async () => {
  const rows: readonly (readonly MadeCell[])[] = [
    ["Name", "Price", "Day", "At", "Sold"],
    ["Crème & <eau>", number("0.30000000000000004"), { day: 46_053 }, { day: 46_053.5 }, { bool: true }],
    ["x", number("1E-3"), null, null, { bool: false }],
    ["y", number("123456789012345"), null, null, null],
    ["z", number("-1.50"), null, null, null],
    ["huge", number("1e20"), null, null, null],
  ]
  const found = await tables(madeWorkbook({ Stock: rows }))
  expect(found).toEqual([
    {
      name: "Stock",
      headers: ["Name", "Price", "Day", "At", "Sold"],
      rows: [
        ["Crème & <eau>", "0.3", "2026-01-31", new Date(2026, 0, 31, 12).toISOString(), "true"],
        ["x", "0.001", "", "", "false"],
        ["y", "123456789012345", "", "", ""],
        ["z", "-1.5", "", "", ""],
        ["huge", "100000000000000000000", "", "", ""],
      ],
      rowsBefore: 0,
    },
  ])
})

test("each sheet with rows is a table; rows are called as in the sheet", async () => {
  const found = await tables(
    madeWorkbook({ Empty: [], "Names alone": [["A"]], First: [["A"], ["1"]], Titled: [[], ["", null], ["A"], ["1"]] }),
  )
  if (typeof found === "string") throw new Error(found)
  expect(found.map(({ name, rows }) => [name, rows])).toEqual([
    ["First", [["1"]]],
    ["Titled", [["1"]]],
  ])
  expect(found.map((table) => numberOfRow(table, 0))).toEqual([2, 4])
})

/** An archive whose directory says of its last part that it has so many bytes (PKWARE APPNOTE, section 4.3.12). */
function saidToHold(size: number, archive: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const entry = [0x50, 0x4b, 1, 2]
  const at = archive.findLastIndex((_, i) => entry.every((byte, k) => archive[i + k] === byte))
  new DataView(archive.buffer).setUint32(at + 24, size, true)
  return archive
}

const column = (n: number): readonly (readonly MadeCell[])[] => [["A"], ...Array.from({ length: n }, () => ["1"])]
const wide = (n: number): readonly MadeCell[] => Array.from({ length: n }, () => "x")
test.each([
  ["without rows", () => madeWorkbook({ Empty: [] }), "empty"],
  ["with too many rows", () => madeWorkbook({ Long: column(tableLimits.rows + 1) }), "tooManyRows"],
  ["with too many columns", () => madeWorkbook({ Wide: [wide(201), wide(201)] }), "tooManyColumns"],
  [
    "with a cell far away",
    () => madeWorkbook({ Wide: [wide(1), [...Array<null>(800).fill(null), "x"]] }),
    "tooManyColumns",
  ],
  [
    "that holds more than may be unpacked",
    () => saidToHold(101 * 1024 * 1024, madeWorkbook({ A: column(1) })),
    "tooLarge",
  ],
  ["that is cut off", () => madeWorkbook({ A: column(100) }).slice(0, 300), "notRead"],
] as const)("a workbook %s is no table", async (_, make, fault) => {
  expect(await tables(make() as Uint8Array<ArrayBuffer>)).toBe(fault)
})
