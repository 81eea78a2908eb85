/**
 * The order and the letters of values, as the database has them.
 *
 * @module
 */
import type { ColumnMember } from "../catalog.ts"
import { compareDecimals } from "../decimal.ts"

/** -1, 0 or 1 by code point: the order of UTF-8 bytes, which that of UTF-16 units is not. */
export function compareTexts(a: string, b: string): -1 | 0 | 1 {
  const [first, second] = [[...a], [...b]]
  for (const [i, character] of first.entries()) {
    const other = second[i]
    if (other === undefined) return 1
    const difference = (character.codePointAt(0) as number) - (other.codePointAt(0) as number)
    if (difference !== 0) return difference < 0 ? -1 : 1
  }
  return first.length < second.length ? -1 : 0
}

/** -1, 0 or 1 for two canonical values of a field. */
export function compareValues(member: ColumnMember, a: unknown, b: unknown): -1 | 0 | 1 {
  if (member.kind === "field") {
    switch (member.type) {
      case "decimal":
      case "money":
      case "bigint":
      case "integer":
        return compareDecimals(String(a), String(b))
      case "bool":
        return a === b ? 0 : a === true ? 1 : -1
    }
  }
  return compareTexts(String(a), String(b))
}

/** As `compareValues`, with empty values after all others. */
export function compareNullable(member: ColumnMember, a: unknown, b: unknown): -1 | 0 | 1 {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  return compareValues(member, a, b)
}

/** Without case: each character by itself, whatever stands beside it. */
export const lowered = (text: string): string =>
  // The one letter whose lower case is two characters counts as the first of them, as in Unicode's simple mapping.
  [...text].map((character) => [...character.toLowerCase()][0]).join("")

/** Without case and accents. */
export const folded = (text: string): string =>
  lowered(text)
    .normalize("NFD")
    .replaceAll(/[\u0300-\u036f]/g, "")
