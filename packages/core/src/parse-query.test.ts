import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ArchipelError } from "./errors.ts"
import { parseQuery } from "./parse-query.ts"

const refusal = (json: unknown, model: string | undefined = "sales.Order") => {
  try {
    parseQuery(json, model)
  } catch (error) {
    if (error instanceof ArchipelError) {
      const { errors = [] } = error.details as { readonly errors?: readonly { readonly path: string }[] }
      return { code: error.code, paths: errors.map((e) => e.path) }
    }
    throw error
  }
  return { code: "none", paths: [] }
}

describe("queries as JSON", () => {
  test("everything a query can say passes unchanged", () => {
    const query = {
      select: [
        "number",
        { path: "lines", select: ["product"], where: { quantity: { gt: 1 } }, orderBy: ["-quantity"], limit: 5 },
      ],
      where: {
        status: { in: ["draft"] },
        or: [{ total: { gte: "1" } }, { customer: { name: "x" } }],
        not: { note: null },
      },
      search: "acme",
      orderBy: ["-total", "number"],
      limit: 20,
      after: "abc",
      count: "exact",
      archived: "any",
    }
    expect(parseQuery(query, "sales.Order")).toEqual({ model: "sales.Order", ...query })
    const groups = { group: ["customer", "date:month"], aggregates: { revenue: "sum(total)" }, limit: 5_000 }
    expect(parseQuery(groups, "sales.Order")).toEqual({ model: "sales.Order", ...groups })
  })

  test("all mistakes are named at once", () => {
    const json = { select: ["", 5, { paths: "x" }], limit: 0, orderBy: "x", wher: {}, count: "all", last: false }
    expect(refusal(json)).toEqual({
      code: "query.invalid",
      paths: ["/select/0", "/select/1", "/select/2", "/limit", "/orderBy", "/wher", "/count", "/last"],
    })
  })

  test.each([
    [null, [""]],
    [[], [""]],
    [{ where: [] }, ["/where"]],
    [{ where: { a: [1] } }, ["/where/a"]],
    [{ where: { and: [1] } }, ["/where/and/0"]],
    [{ where: { a: { in: [{}] } } }, ["/where/a/in"]],
    [{ after: "a", before: "b" }, ["/before"]],
    [{ group: ["a"], select: ["b"] }, ["/select"]],
    [{ aggregates: { "a b": "count", c: 1 } }, ["/aggregates/a b", "/aggregates/c"]],
    [{ model: "crm.Customer" }, ["/model"]],
    [{ select: [] }, ["/select"]],
    [{ limit: 1_001 }, ["/limit"]],
    [{ limit: 1.5 }, ["/limit"]],
    [{ limit: "1" }, ["/limit"]],
  ])("%j is refused at %j", (json, paths) => {
    expect(refusal(json)).toEqual({ code: "query.invalid", paths })
  })

  test.each([
    [{ select: Array.from({ length: 501 }, (_, i) => `f${i}`) }],
    [{ where: { or: Array.from({ length: 201 }, () => ({ a: 1 })) } }],
    [{ where: { a: { in: Array.from({ length: 10_001 }, (_, i) => i) } } }],
    [{ orderBy: Array.from({ length: 9 }, () => "a") }],
    [{ group: ["a", "b", "c", "d", "e"] }],
  ])("more than the bounds is too complex", (json) => {
    expect(refusal(json).code).toBe("query.too_complex")
  })

  test("any JSON is a query or refused with a code", () => {
    const shape = fc.dictionary(
      fc.constantFrom(
        "select",
        "where",
        "search",
        "orderBy",
        "limit",
        "after",
        "last",
        "count",
        "group",
        "aggregates",
        "x",
      ),
      fc.jsonValue({ maxDepth: 4 }),
    )
    fc.assert(
      fc.property(fc.oneof(shape, fc.jsonValue()), (json) => {
        expect(["none", "query.invalid", "query.too_complex"]).toContain(refusal(json).code)
      }),
    )
  })
})
