import { ArchipelError, type Mistake } from "@archipel/core"

/** The parameters of an address by decoded name, each at most once. */
export type Params = ReadonlyMap<string, string>

const MAX_PARAMS = 250
const none: Params = new Map()

const invalid = (errors: readonly Mistake[]) => new ArchipelError("query.invalid", { errors })

function decode(text: string): string | undefined {
  try {
    const decoded = text.includes("+") || text.includes("%") ? decodeURIComponent(text.replaceAll("+", " ")) : text
    return decoded.includes("\0") ? undefined : decoded
  } catch {
    return undefined
  }
}

/**
 * The part of an address after "?" (application/x-www-form-urlencoded), strictly: a name occurs once, percent-encoding
 * is UTF-8 and without NUL.
 *
 * @throws `query.invalid` with all mistakes at once, `request.too_complex`
 */
export function readParams(search: string): Params {
  if (search === "") return none
  const params = new Map<string, string>()
  const mistakes: Mistake[] = []
  for (const pair of search.split("&", MAX_PARAMS + 1)) {
    if (pair === "") continue
    if (params.size + mistakes.length >= MAX_PARAMS) {
      throw new ArchipelError("request.too_complex", { what: "parameters", limit: MAX_PARAMS })
    }
    const at = pair.indexOf("=")
    const name = decode(at < 0 ? pair : pair.slice(0, at))
    const value = decode(at < 0 ? "" : pair.slice(at + 1))
    if (name === undefined || value === undefined) {
      mistakes.push({ path: "", code: "parameter.encoding", detail: "A parameter is not percent-encoded UTF-8." })
    } else if (params.has(name)) {
      mistakes.push({
        path: "",
        code: "parameter.repeated",
        detail: `The parameter "${name.slice(0, 100)}" is given twice.`,
      })
    } else params.set(name, value)
  }
  if (mistakes.length > 0) throw invalid(mistakes)
  return params
}

/**
 * For addresses that take few parameters: refuses all others by name.
 *
 * @throws `query.invalid`
 */
export function onlyParams(params: Params, known: readonly string[]): Params {
  const unknown = [...params.keys()].filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw invalid(
      unknown.map((name) => ({
        path: "",
        code: "parameter.unknown",
        detail: `The parameter "${name.slice(0, 100)}" is not known here.`,
      })),
    )
  }
  return params
}
