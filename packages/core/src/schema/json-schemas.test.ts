import { Ajv2020 } from "ajv/dist/2020.js"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { counted } from "../../../../tests/support/counts.ts"
import { ArchipelError, errorCatalog, type ErrorCode, refuse } from "../errors.ts"
import { parseChange } from "../parse-change.ts"
import { parseQuery } from "../parse-query.ts"
import { toProblem } from "../problem.ts"
import { jsonSchema, jsonSchemas, type SchemaName } from "./json-schemas.ts"

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, validateFormats: false })
const numRuns = counted(2_000, 20_000)
const DEADLINE_MS = 300_000

const validatorOf = (name: SchemaName) => {
  const validate = ajv.compile(jsonSchema(name))
  return (value: unknown): boolean => validate(value)
}

/** "accepted", or the code of the refusal. */
function outcome(read: () => unknown): string {
  try {
    read()
    return "accepted"
  } catch (error) {
    if (error instanceof ArchipelError) return error.code
    throw error
  }
}

const names = fc.constantFrom("status", "total", "lines", "customer", "note")
const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
const plain = fc.oneof(fc.string(), fc.integer(), fc.boolean())

const { where } = fc.letrec<{ where: object; tested: unknown }>((tie) => ({
  where: fc.oneof(
    { depthSize: "small" },
    fc.dictionary(names, tie("tested"), { maxKeys: 3 }),
    fc.record(
      {
        and: fc.array(tie("where"), { maxLength: 2 }),
        or: fc.array(tie("where"), { maxLength: 2 }),
        not: tie("where"),
      },
      { requiredKeys: [] },
    ),
  ),
  tested: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.record(
      { eq: scalar, gte: scalar, contains: fc.string(), isSet: fc.boolean(), not: scalar },
      { requiredKeys: [] },
    ),
    fc.record({ in: fc.array(plain, { maxLength: 3 }) }),
    fc.constantFrom({ $me: "id" }, { $claim: "region" }, { $today: -30 }),
    fc.record({ some: tie("where"), none: tie("where") }, { requiredKeys: [] }),
    tie("where"),
  ),
}))

const { entry } = fc.letrec<{ entry: unknown }>((tie) => ({
  entry: fc.oneof(
    { depthSize: "small" },
    names,
    fc.record(
      {
        path: names,
        select: fc.array(tie("entry"), { minLength: 1, maxLength: 3 }),
        where,
        orderBy: fc.array(names, { maxLength: 2 }),
        limit: fc.integer({ min: 1, max: 1_000 }),
      },
      { requiredKeys: ["path"] },
    ),
  ),
}))

const shared = {
  where,
  search: fc.string({ minLength: 1, maxLength: 20 }),
  orderBy: fc.array(names, { maxLength: 3 }),
  archived: fc.constantFrom("exclude", "any", "only"),
}
const page = fc
  .record(
    {
      ...shared,
      select: fc.array(entry, { minLength: 1, maxLength: 4 }),
      limit: fc.integer({ min: 1, max: 1_000 }),
      count: fc.constantFrom("exact", "estimate"),
    },
    { requiredKeys: [] },
  )
  .chain((query) =>
    fc.constantFrom({}, { after: "abc" }, { before: "abc" }, { last: true }).map((cursor) => ({ ...query, ...cursor })),
  )
const groups = fc.record(
  {
    ...shared,
    group: fc.array(fc.constantFrom("status", "date:month"), { maxLength: 4 }),
    aggregates: fc.dictionary(fc.constantFrom("revenue", "orders"), fc.constantFrom("count", "sum(total)")),
    limit: fc.integer({ min: 1, max: 10_000 }),
  },
  { requiredKeys: ["group"] },
)
const query: fc.Arbitrary<unknown> = fc.oneof(page, groups)

const id = fc.uuid()
const version = fc.integer({ min: 1, max: 99 })
const values = fc.dictionary(names, scalar)
const change: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ operation: fc.constant("create"), id, values }, { requiredKeys: ["operation", "values"] }),
  fc.record({ operation: fc.constant("update"), id, version, values }, { requiredKeys: ["operation", "id", "values"] }),
  fc.record(
    { operation: fc.constantFrom("delete", "archive", "restore"), id, version },
    { requiredKeys: ["operation", "id"] },
  ),
  fc.record({ operation: fc.constant("upsert"), key: fc.array(names, { minLength: 1, maxLength: 3 }), values }),
  fc.record(
    { operation: fc.constant("invoke"), id, action: names, version, input: values },
    { requiredKeys: ["operation", "id", "action"] },
  ),
)

/** Names that mean something here or there, and values of every JSON type, to put where they do not belong. */
const strayNames = fc.constantFrom(
  ..."model select where limit last count group aggregates after before path and or not some none in isSet".split(" "),
  ..."operation id version values key action input $me".split(" "),
  "",
  "x y",
)
const strayValues = fc.oneof(
  scalar,
  fc.constantFrom<unknown[]>(
    {},
    [],
    [1],
    [null],
    [[]],
    [{}],
    ["a", {}],
    0,
    1.5,
    1_001,
    10_001,
    3e9,
    "",
    true,
    false,
    { and: 1 },
    "x".repeat(501),
  ),
)

/** Puts, replaces or removes one member somewhere in a JSON value. */
function mutated(value: unknown, at: number, name: string, stray: unknown, kind: number): unknown {
  const copy: unknown = structuredClone(value)
  const places: Record<string, unknown>[] = []
  const walk = (each: unknown): void => {
    if (typeof each !== "object" || each === null) return
    places.push(each as Record<string, unknown>)
    Object.values(each).forEach(walk)
  }
  walk(copy)
  const place = places[at % Math.max(1, places.length)]
  if (place === undefined) return stray
  const own = Object.keys(place)
  if (Array.isArray(place)) place.push(stray)
  else if (kind === 0 || own.length === 0) place[name] = stray
  else if (kind === 1) delete place[own[at % own.length] as string]
  else place[own[at % own.length] as string] = stray
  return copy
}
const mutantOf = (whole: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.tuple(whole, fc.nat(), strayNames, strayValues, fc.nat({ max: 2 })).map((made) => mutated(...made))

describe("the schemas and the parsers agree", () => {
  const isQuery = validatorOf("Query")
  const isChange = validatorOf("Change")
  const isWhere = validatorOf("Where")

  test(
    "on queries as they are made",
    () => {
      fc.assert(
        fc.property(query, (json) => {
          const said = outcome(() => parseQuery(json, "sales.Order"))
          fc.pre(said !== "query.too_complex")
          expect([said, isQuery(json)]).toEqual(["accepted", true])
        }),
        { numRuns },
      )
    },
    DEADLINE_MS,
  )

  test(
    "on queries with a mistake, or another meaning, put somewhere",
    () => {
      let [accepted, refused] = [0, 0]
      fc.assert(
        fc.property(mutantOf(query), (json) => {
          fc.pre(!(typeof json === "object" && json !== null && "model" in json))
          const said = outcome(() => parseQuery(json, "sales.Order"))
          fc.pre(said !== "query.too_complex")
          if (said === "accepted") accepted++
          else refused++
          expect([said === "accepted", JSON.stringify(json)]).toEqual([isQuery(json), JSON.stringify(json)])
        }),
        { numRuns },
      )
      // Mutants of one kind only would prove nothing.
      expect(Math.min(accepted, refused)).toBeGreaterThan(numRuns / 20)
    },
    DEADLINE_MS,
  )

  test(
    "on conditions",
    () => {
      fc.assert(
        fc.property(mutantOf(where), (json) => {
          const said = outcome(() => parseQuery({ where: json }, "sales.Order"))
          fc.pre(said !== "query.too_complex")
          expect([said === "accepted", JSON.stringify(json)]).toEqual([isWhere(json), JSON.stringify(json)])
        }),
        { numRuns },
      )
    },
    DEADLINE_MS,
  )

  test(
    "on changes",
    () => {
      fc.assert(
        fc.property(fc.oneof(change, mutantOf(change)), (json) => {
          fc.pre(!(typeof json === "object" && json !== null && "model" in json))
          const isAccepted = outcome(() => parseChange(json, "sales.Order")) === "accepted"
          expect([isAccepted, JSON.stringify(json)]).toEqual([isChange(json), JSON.stringify(json)])
        }),
        { numRuns },
      )
    },
    DEADLINE_MS,
  )

  test("bounds on a whole query are the parser's alone", () => {
    const wide = { where: { or: Array.from({ length: 300 }, (_, n) => ({ total: n })) } }
    expect([outcome(() => parseQuery(wide, "sales.Order")), isQuery(wide)]).toEqual(["query.too_complex", true])
  })

  test("every bound of one list is in the schema", () => {
    const long = (length: number) => Array.from({ length }, () => "a")
    for (const json of [
      { where: { a: { in: long(10_001) } } },
      { orderBy: long(9) },
      { group: long(5) },
      { select: long(501) },
      { group: [], aggregates: Object.fromEntries(long(21).map((_, n) => [`a${n}`, "count"])) },
    ]) {
      expect([outcome(() => parseQuery(json, "sales.Order")), isQuery(json)]).toEqual(["query.too_complex", false])
    }
  })
})

describe("problems", () => {
  const isProblem = validatorOf("Problem")
  const context = { instance: "/api/sales/orders", traceId: "0".repeat(32) }
  const details = {
    errors: [{ path: "/a", code: "b", detail: "c" }],
    fields: [],
    from: [],
    supported: [],
    allowed: [],
    available: [],
    refused: [],
    mistakes: [],
    schemas: [],
    missing: [],
    migrations: [],
    differences: [],
    losses: [],
    holders: [],
  }

  test.each(Object.keys(errorCatalog) as ErrorCode[])("%s is one", (code) => {
    expect(isProblem(toProblem(new ArchipelError(code, details as never), context))).toBe(true)
  })

  test("a refusal of a service's own rules, and a failure that nobody foresaw", () => {
    expect(isProblem(toProblem(refuse("order.empty", { lines: 0 }), context))).toBe(true)
    expect(isProblem(toProblem(new Error("secret"), context))).toBe(true)
    expect(isProblem({ ...toProblem(refuse("order.empty"), context), code: undefined })).toBe(false)
  })
})

test("every schema stands alone and survives JSON", () => {
  for (const name of Object.keys(jsonSchemas) as SchemaName[]) {
    const document = jsonSchema(name)
    expect(JSON.parse(JSON.stringify(document))).toEqual(document)
    expect(ajv.validateSchema(document)).toBe(true)
  }
})
