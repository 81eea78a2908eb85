/**
 * Numbers as people of a locale write them. Digits stay digits: nothing is ever a floating-point number.
 *
 * @module
 */

/** What separates digits in a locale. */
interface Separators {
  readonly group: string
  readonly point: string
}

const known = new Map<string, Separators>()

export function separatorsOf(locale: string): Separators {
  let separators = known.get(locale)
  if (separators === undefined) {
    const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(-1_234_567.8)
    const of = (type: string) => parts.find((part) => part.type === type)?.value
    known.set(locale, (separators = { group: of("group") ?? "", point: of("decimal") ?? "." }))
  }
  return separators
}

const spaces = /[\s\u00a0\u202f]/g
const plain = /^([+-]?)(\d*)(?:\.(\d*))?$/

/**
 * A decimal as the wire has it ("1234.5"), from a text such as "1 234,5", "1,234.50" or "(1,234.50)"; undefined if it is none. A point is
 * taken wherever it cannot be a group's.
 */
export function parseDecimalText(text: string, locale: string): string | undefined {
  const { group, point } = separatorsOf(locale)
  let given = text.trim().replaceAll("−", "-")
  const inParentheses = /^\((.*)\)$/.exec(given)?.[1]
  if (inParentheses !== undefined) given = `-${inParentheses}`
  given = given.replaceAll(spaces, "").replaceAll("'", "").replaceAll("’", "")
  if (group !== "" && given.includes(group)) {
    const whole = given.split(point, 1)[0] as string
    // Groups in the wrong places are a point of another locale, or a mistake: 1,5 is not fifteen.
    const isGrouped = new RegExp(`^[+-]?\\d{1,3}(?:${escaped(group)}\\d{2,3})*${escaped(group)}\\d{3}$`).test(whole)
    if (!isGrouped) return undefined
    given = given.replaceAll(group, "")
  }
  if (point !== ".") given = given.replace(point, ".")
  const [, sign, whole = "", fraction = ""] = plain.exec(given) ?? []
  if (sign === undefined || whole + fraction === "") return undefined
  const digits = whole.replace(/^0+(?=\d)/, "") || "0"
  const value = fraction === "" ? digits : `${digits}.${fraction}`
  return sign === "-" && /[1-9]/.test(value) ? `-${value}` : value
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)

/** A whole number, or undefined. */
export function parseIntegerText(text: string, locale: string): string | undefined {
  const value = parseDecimalText(text, locale)
  if (value === undefined) return undefined
  return /^-?\d+$/.exec(value.replace(/\.0*$/, ""))?.[0]
}

/** As it is edited: the locale's point, no groups, all digits. */
export const editableNumber = (value: string | number, locale: string): string =>
  String(value).replace(".", separatorsOf(locale).point)
