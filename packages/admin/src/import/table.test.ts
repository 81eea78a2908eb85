import { readCsv } from "@archipel/core"
import { expect, test } from "vitest"
import { refusedCsv } from "./refused-rows.ts"
import { tablesOf, textOfBytes } from "./table.ts"

const bytes = (...numbers: readonly number[]): Uint8Array => Uint8Array.from(numbers)

test.each([
  ["UTF-8", bytes(0xc3, 0xa9), "é"],
  ["Windows-1252, as spreadsheets write it", bytes(0xe9, 0x80), "é€"],
  ["UTF-16 with its mark", bytes(0xff, 0xfe, 0xe9, 0), "é"],
  ["no text", bytes(1, 0, 2), undefined],
])("a file is read as %s", (_, given, text) => {
  expect(textOfBytes(given)).toBe(text)
})

test.each([
  ["an empty file", "", "empty"],
  ["names of columns alone", "a,b\r\n", "empty"],
  ["too many columns", `${"a,".repeat(200)}a\n1\n`, "tooManyColumns"],
  ["too many rows", `a\n${"1\n".repeat(50_001)}`, "tooManyRows"],
  ["an archive that is no workbook", "PK\u0003\u0004…", "notRead"],
])("%s is no table", async (_, text, fault) => {
  expect(await tablesOf(new File([text], "x.csv"))).toBe(fault)
})

test("refused rows are a table again, with why, which no spreadsheet takes for formulas", async () => {
  const [table] = await tablesOf(new File(['Name; Code \n"a ""b"", c";=1+1\nfine;x\n'], "x.csv"))
  if (table === undefined || typeof table === "string") throw new Error(table)
  expect(table.headers).toEqual(["Name", "Code"])
  const errors = ["Too long.", "Unknown."].map((detail) => ({ row: 2, column: 1, code: "x", detail }))
  const text = refusedCsv(table, errors, { header: "Why", of: ({ detail }) => detail })
  expect(text).toContain("'=1+1")
  expect(readCsv(text)).toEqual([
    ["Name", "Code", "Why"],
    ['a "b", c', "=1+1", "Too long. Unknown."],
  ])
})
