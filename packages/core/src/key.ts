/**
 * Keys of adopted tables, and the texts that ids are made of them.
 *
 * An id is always one text. Of a key of one column it is that value; of several, their values joined by commas, in which `%` and
 * `,` are percent-encoded (RFC 3986, section 2.1) and nothing else is.
 *
 * @module
 */
import type { Member } from "./catalog.ts"

/** Types of columns that can identify a row; whole numbers of any width count as `bigint`. */
export type KeyType = "uuid" | "bigint" | "text" | "date"

/** One column of a key, or of a reference to one. */
export interface KeyPart {
  readonly column: string
  readonly type: KeyType
  /** The column's own type where it is another one: values are compared as this, so that indexes serve. */
  readonly columnType?: string
  /** The field that has this column alone, where a reference shares it: that field writes it, and both must agree. */
  readonly sharedWith?: string
}

const BIGINT = /^-?\d{1,19}$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const DATE = /^\d{4}-\d{2}-\d{2}$/
/** Longest value that an index of PostgreSQL surely takes, as for `text`. */
const MAX_TEXT = 2_600

function parsePart({ type }: KeyPart, text: string): string | undefined {
  switch (type) {
    case "uuid":
      return UUID.test(text) ? text.toLowerCase() : undefined
    case "bigint": {
      if (!BIGINT.test(text)) return undefined
      const number = BigInt(text)
      return BigInt.asIntN(64, number) === number ? number.toString() : undefined
    }
    case "date":
      return DATE.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) ? text : undefined
    case "text":
      return text.length <= MAX_TEXT && !text.includes("\0") && text.isWellFormed() ? text : undefined
  }
}

const encoded = (value: string): string => value.replaceAll("%", "%25").replaceAll(",", "%2C")
const decoded = (part: string): string => part.replaceAll(/%2c/gi, ",").replaceAll("%25", "%")

/** The id of these values of a key's columns, in order. */
export const keyText = (values: readonly string[]): string =>
  values.length === 1 ? (values[0] as string) : values.map(encoded).join(",")

/** The values of an id of so many columns. */
export const keyValues = (id: string, columns: number): string[] => (columns === 1 ? [id] : id.split(",").map(decoded))

/** An id in the one form that equal ids have; undefined for what can be no id of this key. */
export function parseKey(key: readonly KeyPart[], value: unknown): string | undefined {
  if (typeof value !== "string") return undefined
  const values = keyValues(value, key.length)
  if (values.length !== key.length) return undefined
  const parsed: string[] = []
  for (const [index, part] of key.entries()) {
    const text = parsePart(part, values[index] as string)
    if (text === undefined) return undefined
    parsed.push(text)
  }
  return keyText(parsed)
}

/** What an id of this key is, in words that continue "must be". */
export const keyWords = (key: readonly KeyPart[]): string => {
  const word = (part: KeyPart): string =>
    part.type === "uuid"
      ? "a UUID"
      : part.type === "bigint"
        ? "a whole number as a text"
        : part.type === "date"
          ? "a day, YYYY-MM-DD"
          : "a text"
  return key.length === 1 && key[0] ? word(key[0]) : `${key.map(word).join(", ")}, joined by commas`
}

/** The type of a field's column as a part of a key; undefined if such fields identify nothing. */
export function keyTypeOf(member: Member): KeyType | undefined {
  if (member.kind !== "field") return undefined
  switch (member.type) {
    case "integer":
    case "bigint":
      return "bigint"
    case "uuid":
    case "date":
      return member.type
    case "text":
    case "choice":
    case "email":
    case "phone":
    case "url":
      return "text"
    default:
      return undefined
  }
}
