/**
 * Workbooks as spreadsheet programs write them, for tests.
 *
 * @module
 */
import { strToU8, zipSync } from "fflate"

/** A text, a number as it is stored, a day as its serial number, or nothing. */
export type MadeCell =
  | string
  | { readonly number: string }
  | { readonly day: number }
  | { readonly bool: boolean }
  | null

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;")

/** "A", "Z", "AA" of 0, 25, 26. */
function letters(column: number): string {
  const last = String.fromCharCode(65 + (column % 26))
  return column < 26 ? last : letters(Math.floor(column / 26) - 1) + last
}

function cellXml(cell: MadeCell, at: string): string {
  if (cell === null) return ""
  if (typeof cell === "string")
    return `<c r="${at}" t="inlineStr"><is><t xml:space="preserve">${escaped(cell)}</t></is></c>`
  if ("number" in cell) return `<c r="${at}"><v>${cell.number}</v></c>`
  if ("bool" in cell) return `<c r="${at}" t="b"><v>${cell.bool ? 1 : 0}</v></c>`
  return `<c r="${at}" s="1"><v>${cell.day}</v></c>`
}

const sheetXml = (rows: readonly (readonly MadeCell[])[]): string =>
  `<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows
    .map((row, r) => `<row r="${r + 1}">${row.map((cell, c) => cellXml(cell, `${letters(c)}${r + 1}`)).join("")}</row>`)
    .join("")}</sheetData></worksheet>`

const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
const PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"

/** An `.xlsx` file with these sheets by name. */
export function madeWorkbook(
  sheets: Readonly<Record<string, readonly (readonly MadeCell[])[]>>,
): Uint8Array<ArrayBuffer> {
  const names = Object.keys(sheets)
  const parts: Record<string, string> = {
    "[Content_Types].xml": `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
    "xl/workbook.xml": `<?xml version="1.0"?><workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${names
      .map((name, i) => `<sheet name="${escaped(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`)
      .join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": `<?xml version="1.0"?><Relationships xmlns="${PACKAGE}">${names
      .map(
        (_, i) => `<Relationship Id="rId${i + 1}" Type="${OFFICE}/worksheet" Target="worksheets/sheet${i + 1}.xml"/>`,
      )
      .join("")}<Relationship Id="rStyles" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
    // The second style is a day.
    "xl/styles.xml": `<?xml version="1.0"?><styleSheet xmlns="${MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
  }
  for (const [i, rows] of Object.values(sheets).entries()) parts[`xl/worksheets/sheet${i + 1}.xml`] = sheetXml(rows)
  const bytes = Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)]))
  return zipSync(bytes) as Uint8Array<ArrayBuffer>
}
