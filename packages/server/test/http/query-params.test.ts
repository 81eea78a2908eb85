import { ArchipelError, type ResolvedModel } from "@archipel/core"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { onlyParams, readParams } from "../../src/http/params.ts"
import { queryFromParams } from "../../src/http/query-params.ts"
import { depotDefinition } from "./depot.ts"

const { catalog } = depotDefinition()
const order = catalog.models.get("depot.Order") as ResolvedModel
const product = catalog.models.get("depot.Product") as ResolvedModel
const parse = (search: string, model = order) => {
  const { model: name, ...rest } = queryFromParams(model, readParams(search))
  expect(name).toBe(model.name)
  return rest
}
const refusal = (search: string) => {
  try {
    parse(search)
  } catch (error) {
    if (error instanceof ArchipelError) return { code: error.code, detail: error.message }
    throw error
  }
  return { code: "none", detail: "" }
}

describe("queries in addresses", () => {
  test.each([
    ["", {}],
    ["status=draft", { where: { status: "draft" } }],
    ["total[gte]=100&total[lt]=200", { where: { total: { gte: "100", lt: "200" } } }],
    ["total%5Bgte%5D=100", { where: { total: { gte: "100" } } }],
    ["status[in]=draft,confirmed", { where: { status: { in: ["draft", "confirmed"] } } }],
    ["owner.name[contains]=a+b%26c", { where: { owner: { name: { contains: "a b&c" } } } }],
    ["owner.name=x&owner.active=true", { where: { owner: { name: "x" }, and: [{ owner: { active: true } }] } }],
    ["note[isSet]=false", { where: { note: { isSet: false } } }],
    ['status=draft&where={"total":"1"}', { where: { status: "draft", and: [{ total: "1" }] } }],
    ['where={"total":"1"}', { where: { total: "1" } }],
    ["version=3&number=3", { where: { version: 3, number: "3" } }],
    ["version=three", { where: { version: "three" } }],
    ["nosuch=1", { where: { nosuch: "1" } }],
    ["constructor=1", { where: { constructor: "1" } }],
    [
      "select=number,lines.product.name&orderBy=-total,number&limit=20",
      { select: ["number", "lines.product.name"], orderBy: ["-total", "number"], limit: 20 },
    ],
    ["last=true&count=exact&archived=any&search=a%20b", { last: true, count: "exact", archived: "any", search: "a b" }],
    [
      "group=status,date:month&aggregates=revenue:sum(total),orders:count",
      { group: ["status", "date:month"], aggregates: { revenue: "sum(total)", orders: "count" } },
    ],
    ["&&limit=1&", { limit: 1 }],
  ])("%s", (search, query) => {
    expect(parse(search)).toEqual(query)
  })

  test("whole numbers and truth values get their types, where the contract says so", () => {
    expect(parse("stock[in]=1,2&active=true&name=1&price=1", product)).toEqual({
      where: { stock: { in: [1, 2] }, active: true, name: "1", price: "1" },
    })
  })

  test.each([
    ["limit=0", "query.invalid", "limit"],
    ["limit=ten", "query.invalid", "limit"],
    ["limit=1001", "query.invalid", "limit"],
    ["total[foo]=1", "query.invalid", "foo"],
    ["total[gte=1", "query.invalid", "total[gte"],
    ["a b=1", "query.invalid", "a b"],
    ["__proto__=1", "query.invalid", "__proto__"],
    ["$where=1", "query.invalid", "$where"],
    ["status=a&status=b", "query.invalid", "status"],
    ["note[isSet]=1", "query.invalid", "note[isSet]"],
    ["where={", "query.invalid", "where"],
    ["where=[]", "query.invalid", "where"],
    ['where={"a":1,"a":2}', "query.invalid", "where"],
    ["count=yes", "query.invalid", "count"],
    ["last=1", "query.invalid", "last"],
    ["aggregates=sum(total)", "query.invalid", "Aggregates"],
    ["after=x&before=y", "query.invalid", "after"],
    ["select=", "query.invalid", "field"],
    ["x=%ff", "query.invalid", "UTF-8"],
    ["x=%00", "query.invalid", "UTF-8"],
    [`where=${"[".repeat(100)}`, "request.too_complex", "levels"],
    [Array.from({ length: 300 }, (_, i) => `a${i}=1`).join("&"), "request.too_complex", "parameters"],
  ])("%s is %s", (search, code, naming) => {
    const refused = refusal(search)
    expect(refused.code).toBe(code)
    expect(refused.detail).toContain(naming)
  })

  test("addresses with few parameters refuse others by name", () => {
    expect(() => onlyParams(readParams("select=a&foo=1"), ["select"])).toThrow("foo")
    expect(onlyParams(readParams("select=a"), ["select"]).get("select")).toBe("a")
  })

  test("any text is a query or refused with a code", () => {
    const piece = fc.constantFrom(
      "status",
      "total",
      "[gte]",
      "=",
      "&",
      "where",
      "{",
      "}",
      "%",
      "%5B",
      "+",
      ".",
      ",",
      "limit",
      "1",
      "select",
      "é",
      "\u0000",
      '"',
    )
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 30 }).map((p) => p.join("")),
    )
    fc.assert(
      fc.property(text, (search) => {
        expect(["none", "query.invalid", "query.too_complex", "request.too_complex"]).toContain(refusal(search).code)
      }),
    )
  })
})
