import type { Described } from "../http/rest.ts"
import { ELSEWHERE, type OpenapiPart, togetherOf } from "./document.ts"
import { unknownRecord } from "./schemas.ts"

/** A service, and its part; without one it does not answer. */
export interface PartOfService {
  readonly service: string
  readonly part: Described | undefined
}

/** Documents put together, by the entity tags of their parts; each is as large as all services' descriptions. */
const MAX_KEPT = 20
const kept = new Map<string, string>()

const REFERENCE = "#/components/schemas/"

/** Makes what a part says of other services' records true: a reference where the document has them, else that nothing is known of them. */
function settled(value: unknown, schemas: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(value)) return value.map((each) => settled(each, schemas))
  if (typeof value !== "object" || value === null) return value
  const { [ELSEWHERE]: model, ...rest } = value as Readonly<Record<string, unknown>>
  if (typeof model === "string" && typeof rest["$ref"] === "string") {
    return Object.hasOwn(schemas, rest["$ref"].slice(REFERENCE.length)) ? rest : unknownRecord(model)
  }
  return Object.fromEntries(Object.entries(rest).map(([name, each]) => [name, settled(each, schemas)]))
}

/**
 * The text of the OpenAPI document of services that run apart: the same as `openapiDocument` makes of all their rights. Services that
 * do not answer are left out, and named in `x-away`.
 *
 * @param parts Sorted by service.
 */
export function wholeDocument(parts: readonly PartOfService[]): string {
  const key = parts.map(({ service, part }) => `${service} ${part?.etag ?? "away"}`).join("\n")
  const known = kept.get(key)
  if (known !== undefined) return known
  const present = parts.flatMap(({ part }) => (part ? (JSON.parse(part.text) as OpenapiPart) : []))
  const away = parts.flatMap(({ service, part }) => (part ? [] : service))
  const schemas: Record<string, unknown> = {}
  for (const part of present) Object.assign(schemas, part.schemas)
  const document = togetherOf(present.map((part) => settled(part, schemas) as OpenapiPart))
  const text = JSON.stringify(away.length === 0 ? document : { ...document, "x-away": away })
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value as string)
  kept.set(key, text)
  return text
}
