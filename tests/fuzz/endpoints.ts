/**
 * Requests for every operation of an OpenAPI document: often nearly right, so that they come far; always with something odd.
 *
 * @module
 */
import fc from "fast-check"

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema
  readonly pattern?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}
interface Parameter {
  readonly name: string
  readonly in: string
  readonly schema: Schema
}
interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }
}
export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** A request as it goes over the wire. */
export interface FuzzRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
}

const DEPTH = 4

const hostileText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "",
    " ",
    "'; drop table orders; --",
    '" or 1=1 --',
    "$1",
    "%00",
    "\\",
    "../../etc/passwd",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\ud800",
    "\u0000",
    "ﷺ".repeat(20),
    "𝕏",
    "x".repeat(3_000),
    "NaN",
    "1e400",
    "-0",
    "99999999999999999999999999",
    "0000-00-00",
    "9999-12-31",
    "2026-02-30",
    "infinity",
    "{1,2}",
    "null",
    "true",
    "__proto__",
    "constructor",
    "$me",
  ),
)

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, false, 0, -1, 1.5, 1e308, -1e308, 2 ** 31, 2 ** 53, Number.MIN_VALUE),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    { $me: "id" },
    { $claim: "x" },
    { $today: 1e9 },
    { $set: [] },
    { $add: ["x"] },
    { in: [] },
    { eq: null },
    [[]],
    [null],
  ),
)

const encode = (text: string): string => {
  try {
    return encodeURIComponent(text)
  } catch {
    return "%ED%A0%80"
  }
}

/** All requests that a document allows, and their neighbours that it does not: half of them tame, half wild. */
export const fuzzRequests = (document: Document, ids: readonly string[]): fc.Arbitrary<FuzzRequest> =>
  fc.oneof(requestsOf(document, ids, false), requestsOf(document, ids, true))

function requestsOf(document: Document, ids: readonly string[], wild: boolean): fc.Arbitrary<FuzzRequest> {
  const mostly = <T>(plausible: fc.Arbitrary<T>, odd: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
    wild
      ? fc.oneof({ weight: 6, arbitrary: plausible as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: odd })
      : plausible
  const resolve = <T extends object>(node: T): T => {
    const { $ref } = node as { readonly $ref?: string }
    if ($ref === undefined) return node
    const found = $ref
      .slice(2)
      .split("/")
      .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document)
    return resolve(found as T)
  }
  const id = wild ? fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...ids) }, fc.uuid()) : fc.constantFrom(...ids)
  const small = fc.constantFrom("1", "0", "2.50", "-3.1", "1000", "0.001", "99999999.99")

  const valueOf = (given: Schema, depth: number): fc.Arbitrary<unknown> => {
    const schema = resolve(given)
    if (schema.const !== undefined) return fc.constant(schema.const)
    if (schema.enum && schema.enum.length > 0) return mostly(fc.constantFrom(...schema.enum), hostile)
    const choices = schema.anyOf ?? schema.allOf
    if (choices && choices.length > 0) return fc.oneof(...choices.map((each) => valueOf(each, depth)))
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
    if (type === "object" && depth < DEPTH) return mostly(objectOf(schema, depth), hostile)
    if (type === "array" && depth < DEPTH)
      return mostly(fc.array(valueOf(schema.items ?? {}, depth + 1), { maxLength: 4 }), hostile)
    if (type === "integer") return mostly(fc.integer({ min: 0, max: 20 }), hostile)
    if (type === "boolean") return mostly(fc.boolean(), hostile)
    if (type === "string" && schema.format === "uuid") return mostly(id, hostile)
    if (type === "string" && schema.format === "date")
      return mostly(fc.constantFrom("2026-01-31", "1999-12-31"), hostile)
    if (type === "string" && schema.format === "date-time")
      return mostly(fc.constantFrom("2026-01-31T12:00:00Z", "2026-01-31T12:00:00+14:00"), hostile)
    if (type === "string" && schema.format === "email") return mostly(fc.constantFrom("a@example.com"), hostile)
    if (type === "string" && schema.format === "uri") return mostly(fc.constantFrom("https://example.com/"), hostile)
    if (type === "string" && schema.pattern?.includes("[0-9]")) return mostly(small, hostile)
    if (type === "string") return mostly(fc.string({ minLength: 1, maxLength: 12 }), hostile)
    return hostile
  }
  const objectOf = (schema: Schema, depth: number): fc.Arbitrary<unknown> => {
    const required = new Set(schema.required)
    const entries = Object.entries(schema.properties ?? {}).map(([name, member]) => {
      const value = valueOf(member, depth + 1).map((v) => [[name, v]] as const)
      const none = fc.constant([] as const)
      if (!wild && required.has(name)) return value
      return required.has(name)
        ? fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: none })
        : fc.oneof({ weight: 1, arbitrary: value }, { weight: 3, arbitrary: none })
    })
    const nothing = fc.constant([] as const)
    const extra = !wild
      ? nothing
      : fc.oneof(
          { weight: 12, arbitrary: fc.constant([] as const) },
          fc.tuple(hostileText, hostile).map((pair) => [pair] as const),
        )
    return fc.tuple(...entries, extra).map((all) => Object.fromEntries(all.flat() as [string, unknown][]))
  }

  const tame = fc.constantFrom(
    "",
    "",
    "limit=5",
    "count=exact",
    "orderBy=-createdAt",
    "select=id,version",
    "key=code",
    "format=csv",
  )
  const search = (parameters: readonly Parameter[]): fc.Arbitrary<string> => {
    if (!wild) return tame.filter((t) => t === "" || parameters.some((p) => t.startsWith(`${p.name}=`)))
    const names = parameters.filter((p) => p.in === "query").map((p) => p.name)
    const operators = [
      "",
      "",
      "",
      "[eq]",
      "[not]",
      "[in]",
      "[gte]",
      "[lt]",
      "[contains]",
      "[startsWith]",
      "[isSet]",
      "[x]",
    ]
    const words = [
      "number",
      "name",
      "id",
      "-version",
      "lines.product.name",
      "owner.name",
      "status",
      "total",
      "count",
      "sum(total)",
      "a:count",
      "date:month",
      "createdAt:week",
    ]
    const name = fc.tuple(fc.constantFrom(...names, "x", "where"), fc.constantFrom(...operators)).map(([n, o]) => n + o)
    const value = fc.oneof(
      fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }).map((all) => all.join(",")),
      fc.constantFrom(
        "1",
        "20",
        "true",
        "false",
        "exact",
        "any",
        "only",
        "2026-01-31",
        "draft",
        '{"or":[{"version":1},{"not":{"id":null}}]}',
        '{"lines":{"some":{"quantity":{"gt":1}}}}',
      ),
      hostileText,
      fc.jsonValue({ maxDepth: 3 }).map((v) => JSON.stringify(v)),
      id,
    )
    return fc
      .array(fc.tuple(name, value), { maxLength: 4 })
      .map((pairs) => pairs.map(([n, v]) => `${n}=${encode(v)}`).join("&"))
  }

  const odd: fc.Arbitrary<Record<string, string>> = fc.record(
    {
      "if-match": fc.constantFrom('"1"', '"2"', 'W/"1"', "*", '"x"', '"1","2"', ""),
      "idempotency-key": fc.constantFrom("a", "b b", '"c"', "x".repeat(300)),
      "content-type": fc.constantFrom(
        "text/plain",
        "application/xml",
        "application/merge-patch+json",
        "application/json; charset=latin1",
        "x",
      ),
      "accept-encoding": fc.constantFrom("gzip", "br", "*;q=0", "gzip;q=0.5,,"),
      traceparent: fc.constantFrom("00-1-2-3", `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, `ff-${"0".repeat(32)}-x`),
      range: fc.constantFrom("bytes=0-", "bytes=5-1", "bytes=-0", "lines=1"),
      accept: fc.constantFrom("text/csv", "image/png", "*/*"),
      authorization: fc.constantFrom(
        "Bearer dev:clara",
        "Bearer dev:clara",
        "Bearer dev:oscar",
        "Bearer dev:nobody",
        "Basic eA==",
        "Bearer",
      ),
    },
    { requiredKeys: [] },
  )
  const usual = { authorization: "Bearer dev:alice", "content-type": "application/json" }
  const headers = !wild
    ? fc.constant<Record<string, string>>(usual)
    : fc.oneof(
        { weight: 3, arbitrary: fc.constant<Record<string, string>>(usual) },
        { weight: 2, arbitrary: odd.map((some): Record<string, string> => ({ ...usual, ...some })) },
      )

  const broken = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from(bytes)),
    fc.constantFrom(
      "",
      "{",
      '{"a":1,"a":2}',
      '{"__proto__":{}}',
      "[".repeat(5_000),
      '{"a":1e999}',
      "null",
      '"x"',
      '{"values":',
    ),
    fc.constant(`{"x":"${"y".repeat(1_100_000)}"}`),
  )

  const operations = Object.entries(document.paths).flatMap(([template, item]) => {
    const shared = (item["parameters"] as unknown as readonly Parameter[] | undefined) ?? []
    return Object.entries(item)
      .filter(([method]) => method !== "parameters")
      .map(([method, operation]) => {
        const parameters = [...shared, ...(operation.parameters ?? [])].map((p) => resolve(p))
        const content = operation.requestBody && Object.values(operation.requestBody.content)[0]
        const schema = content?.schema
        const segment = wild ? fc.oneof({ weight: 6, arbitrary: id }, hostileText.map(encode)) : id
        const path = fc
          .tuple(segment, search(parameters))
          .map(([s, q]) => template.replace("{id}", s) + (q === "" ? "" : `?${q}`))
        const json = schema ? valueOf(schema, 0).map((value) => JSON.stringify(value)) : fc.constant(undefined)
        const body: fc.Arbitrary<string | Uint8Array | undefined> = content
          ? fc.oneof({ weight: 15, arbitrary: json }, { weight: wild ? 1 : 0, arbitrary: broken })
          : fc.constant(undefined)
        const verb = fc.oneof(
          { weight: 20, arbitrary: fc.constant(method.toUpperCase()) },
          {
            weight: 1,
            arbitrary: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"),
          },
        )
        return fc.record({ method: verb, path, headers, body })
      })
  })
  return fc.oneof(...operations)
}
