import { type Change, changeLimits } from "./change.ts"
import { ArchipelError, type Mistake } from "./errors.ts"

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const known: Readonly<
  Record<Change["operation"], { readonly required: readonly string[]; readonly optional: readonly string[] }>
> = {
  create: { required: ["values"], optional: ["id"] },
  update: { required: ["id", "values"], optional: ["version"] },
  delete: { required: ["id"], optional: ["version"] },
  upsert: { required: ["key", "values"], optional: [] },
  archive: { required: ["id"], optional: ["version"] },
  restore: { required: ["id"], optional: ["version"] },
  invoke: { required: ["id", "action"], optional: ["version", "input"] },
}

const checks: Readonly<Record<string, { readonly holds: (value: unknown) => boolean; readonly detail: string }>> = {
  id: { holds: (v) => typeof v === "string" && v.length > 0 && v.length <= 200, detail: "An id is a text." },
  version: {
    holds: (v) => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= 2_147_483_647,
    detail: "A version is a whole number from 1.",
  },
  values: { holds: isObject, detail: "The values are an object: fields by name." },
  input: { holds: isObject, detail: "The input is an object: fields by name." },
  action: {
    holds: (v) => typeof v === "string" && v.length > 0 && v.length <= 100,
    detail: "An action is named by a text.",
  },
  key: {
    holds: (v) =>
      Array.isArray(v) && v.length > 0 && v.length <= 16 && v.every((f) => typeof f === "string" && f.length <= 100),
    detail: "A key is a list of field names.",
  },
}

function readChange(json: unknown, model: string | undefined, path: string, mistakes: Mistake[]): Change | undefined {
  const before = mistakes.length
  const wrong = (name: string, detail: string) => {
    mistakes.push({ path: path + name, code: "change.invalid", detail })
  }
  if (!isObject(json)) {
    wrong("", "A change is an object.")
    return undefined
  }
  const { model: named = model, operation, ...rest } = json
  if (typeof named !== "string" || (model !== undefined && named !== model)) {
    wrong("/model", model === undefined ? 'The change names its "model".' : `The model here is ${model}.`)
  }
  if (typeof operation !== "string" || !Object.hasOwn(known, operation)) {
    wrong("/operation", `The operation is one of ${Object.keys(known).join(", ")}.`)
    return undefined
  }
  const { required, optional } = known[operation as Change["operation"]]
  for (const name of required) if (!Object.hasOwn(rest, name)) wrong(`/${name}`, `"${name}" is missing.`)
  for (const [name, value] of Object.entries(rest)) {
    const check = required.includes(name) || optional.includes(name) ? checks[name] : undefined
    if (check === undefined)
      wrong(
        `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
        `"${name.slice(0, 60)}" is not part of this change.`,
      )
    else if (!check.holds(value)) wrong(`/${name}`, check.detail)
  }
  return mistakes.length > before ? undefined : ({ model: named, operation, ...rest } as unknown as Change)
}

/**
 * A change that came as JSON: its structure. Whether its names exist, its values fit and it is allowed, the gate and the source decide.
 *
 * @param model The model that the address names; the JSON may repeat it, or must name one if there is no address.
 * @throws `request.invalid` with all mistakes at once
 */
export function parseChange(json: unknown, model?: string): Change {
  const mistakes: Mistake[] = []
  const change = readChange(json, model, "", mistakes)
  if (change === undefined) throw new ArchipelError("request.invalid", { errors: mistakes })
  return change
}

/** Several changes and whether they are one. */
export interface BulkChange {
  readonly atomic: boolean
  readonly changes: readonly Change[]
}

/**
 * `{ "atomic"?: false, "changes": […] }`, at most `changeLimits.bulk` of them.
 *
 * @throws `request.invalid` with all mistakes at once, `request.too_complex`
 */
export function parseBulk(json: unknown, model?: string): BulkChange {
  const mistakes: Mistake[] = []
  const wrong = (path: string, detail: string) => {
    mistakes.push({ path, code: "change.invalid", detail })
  }
  const changes: Change[] = []
  if (!isObject(json)) wrong("", "The body is an object with a list of changes.")
  else {
    for (const name of Object.keys(json))
      if (name !== "atomic" && name !== "changes")
        wrong(`/${name.slice(0, 60)}`, "Only atomic and changes are known here.")
    if (json["atomic"] !== undefined && typeof json["atomic"] !== "boolean")
      wrong("/atomic", "atomic is true or false.")
    const list = json["changes"]
    if (!Array.isArray(list) || list.length === 0) wrong("/changes", "There is at least one change.")
    else {
      if (list.length > changeLimits.bulk)
        throw new ArchipelError("request.too_complex", { what: "changes", limit: changeLimits.bulk })
      list.forEach((each: unknown, i) => {
        const change = readChange(each, model, `/changes/${i}`, mistakes)
        if (change) changes.push(change)
      })
    }
  }
  if (mistakes.length > 0) throw new ArchipelError("request.invalid", { errors: mistakes.slice(0, 100) })
  return { atomic: (json as Json)["atomic"] === true, changes }
}
