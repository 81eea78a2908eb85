import { ArchipelError, type Mistake } from "./errors.ts"

/** The written bounds of a JSON text from outside. */
export interface JsonLimits {
  /** Objects and arrays inside each other. */
  readonly depth: number
}

/** The bounds of every JSON body; over them `request.too_complex`. */
export const jsonLimits: JsonLimits = { depth: 32 }

/** A JSON Pointer (RFC 6901) to a member of what `path` points to. */
export const pointer = (path: string, name: string | number): string =>
  `${path}/${typeof name === "number" ? name : name.replaceAll("~", "~0").replaceAll("/", "~1")}`

/** Depth and number of members, counted in the text: before anything is built, and without recursion. */
function measure(text: string, maxDepth: number): number {
  let depth = 0
  let members = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: {
        let end = text.indexOf('"', i + 1)
        while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
        // An unfinished string: `JSON.parse` refuses it.
        if (end < 0) return members
        i = end
        break
      }
      case 0x3a:
        members++
        break
      case 0x5b:
      case 0x7b:
        if (++depth > maxDepth) {
          throw new ArchipelError("request.too_complex", { what: "levels of JSON", limit: maxDepth })
        }
        break
      case 0x5d:
      case 0x7d:
        depth--
        break
    }
  }
  return members
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === 0x5c) backslashes++
  return backslashes % 2 === 1
}

/** Whether a value has nothing in it and nothing wrong with it: most have not, and their place need not be put into words. */
const isKeptAsIs = (value: unknown): boolean =>
  typeof value === "string"
    ? !value.includes("\0") && value.isWellFormed()
    : value === null || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))

/** Counts members and collects what no reader of this data could keep: the database, another language, or JSON itself. */
function inspect(value: unknown, path: string, mistakes: Mistake[]): number {
  if (typeof value === "string") {
    if (value.includes("\0") || !value.isWellFormed()) {
      mistakes.push({ path, code: "text.invalid", detail: "A text contains a character that cannot be stored." })
    }
    return 0
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) mistakes.push({ path, code: "number.range", detail: "A number is out of range." })
    return 0
  }
  if (typeof value !== "object" || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i]
      if (item !== null && typeof item !== "boolean") members += inspect(item, `${path}/${i}`, mistakes)
    }
    return members
  }
  for (const name of Object.keys(value)) {
    members++
    if (name === "__proto__" || name.includes("\0") || !name.isWellFormed()) {
      mistakes.push({
        path: pointer(path, name),
        code: "name.invalid",
        detail: "A member has a name that is not allowed.",
      })
      continue
    }
    const item = (value as Readonly<Record<string, unknown>>)[name]
    if (!isKeptAsIs(item)) members += inspect(item, pointer(path, name), mistakes)
  }
  return members
}

/**
 * A JSON text from outside as a value: nested at most `limits.depth` deep, without repeated names, `__proto__`,
 * numbers that overflow, NUL characters and unpaired surrogates.
 *
 * @throws `request.not_json`, `request.too_complex`, `request.invalid` with all mistakes at once
 */
export function parseJson(text: string, limits: JsonLimits = jsonLimits): unknown {
  const written = measure(text, limits.depth)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new ArchipelError("request.not_json", {}, { cause })
  }
  const mistakes: Mistake[] = []
  const kept = inspect(value, "", mistakes)
  if (kept < written && mistakes.length === 0) {
    mistakes.push({ path: "", code: "name.repeated", detail: "An object has the same name twice." })
  }
  if (mistakes.length > 0) throw new ArchipelError("request.invalid", { errors: mistakes.slice(0, MAX_MISTAKES) })
  return value
}

const MAX_MISTAKES = 100
