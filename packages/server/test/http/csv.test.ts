import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { csvHeader, csvLine } from "../../src/http/csv.ts"

/** A reader of RFC 4180 with nothing in common with the writer: one line's cells. */
function readLine(line: string): string[] {
  const cells: string[] = []
  let i = 0
  while (i < line.length) {
    let cell = ""
    if (line[i] === '"') {
      for (i++; !(line[i] === '"' && line[i + 1] !== '"'); i++) {
        cell += line[i]
        if (line[i] === '"') i++
      }
      i++
    } else while (i < line.length && line[i] !== "," && line[i] !== "\r") cell += line[i++]
    cells.push(cell)
    if (line[i] === "\r") return cells
    i++
  }
  return cells
}

describe("CSV", () => {
  test("any text comes back as it was, but for the apostrophe before a formula", () => {
    const texts = fc.array(fc.string({ unit: "binary" }), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(texts, (values) => {
        const columns = values.map((_, i) => `f${i}`)
        const line = csvLine(JSON.stringify(Object.fromEntries(values.map((v, i) => [`f${i}`, v]))), columns)
        expect(line.endsWith("\r\n")).toBe(true)
        const read = readLine(line)
        expect(read.map((cell, i) => (cell === `'${values[i]}` ? values[i] : cell))).toEqual(values)
        for (const cell of read) if (!/^-?\d+(\.\d+)?$/.test(cell)) expect(cell).not.toMatch(/^[=+\-@\t\r]/)
      }),
    )
  })

  test("numbers stay numbers, formulas become texts, references and lists have their form", () => {
    const columns = ["a", "b", "c", "d", "e", "customer", "customer.name", "lines.product", "gone", "ok"]
    const record = {
      a: "-12.50",
      b: '=HYPERLINK("http://x")',
      c: 7,
      d: "+49 30",
      e: 'say "hi", you',
      customer: { id: "c1", name: "Acme" },
      lines: [{ product: "p1" }, { product: "p2" }],
      ok: true,
    }
    expect(csvHeader(columns)).toBe("a,b,c,d,e,customer,customer.name,lines.product,gone,ok\r\n")
    expect(csvLine(JSON.stringify(record), columns)).toBe(
      '-12.50,"\'=HYPERLINK(""http://x"")",7,\'+49 30,"say ""hi"", you",c1,Acme,"[""p1"",""p2""]",,true\r\n',
    )
  })
})
