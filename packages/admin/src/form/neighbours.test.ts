import fc from "fast-check"
import { expect, test } from "vitest"
import { afterWhere, orderPaths, turned, valueAt } from "./neighbours.ts"

type Json = Record<string, unknown>

/** What the conditions mean, said as plainly as can be. */
function holds(where: Json, record: Json): boolean {
  return Object.entries(where).every(([name, condition]) => {
    if (name === "or") return (condition as Json[]).some((each) => holds(each, record))
    if (name === "and") return (condition as Json[]).every((each) => holds(each, record))
    const value = record[name] ?? null
    return Object.entries(condition as Json).every(([operator, operand]) => {
      if (operator === "isSet") return (value !== null) === operand
      if (typeof operand === "object" || !["eq", "lt", "gt"].includes(operator)) {
        return holds({ [operator]: operand }, (value ?? {}) as Json)
      }
      if (value === null) return false
      const [a, b] = [value, operand] as [number, number]
      return operator === "eq" ? a === b : operator === "lt" ? a < b : a > b
    })
  })
}

function compare(orderBy: readonly string[]) {
  return (a: Json, b: Json): number => {
    for (const term of [...orderBy, "id"]) {
      const sign = term.startsWith("-") ? -1 : 1
      const path = term.replace(/^-/, "")
      const [x, y] = [valueAt(a, path), valueAt(b, path)] as [number | null, number | null]
      if (x === y) continue
      if (x === null || y === null) return x === null ? sign : -sign
      return x < y ? -sign : sign
    }
    return 0
  }
}

test("the neighbours in every order are those beside a record in the sorted list", () => {
  const value = fc.option(fc.integer({ min: 0, max: 2 }), { nil: null })
  const records = fc.array(fc.record({ a: value, one: fc.option(fc.record({ b: value }), { nil: null }) }), {
    minLength: 1,
    maxLength: 12,
  })
  const orderBy = fc.uniqueArray(fc.constantFrom("a", "-a", "one.b", "-one.b"), {
    maxLength: 2,
    selector: (term) => term.replace("-", ""),
  })
  fc.assert(
    fc.property(records, orderBy, fc.nat(), (values, order, which) => {
      const sorted = values.map((each, id) => ({ id, ...each })).toSorted(compare(order))
      const index = which % sorted.length
      const record = sorted[index] as Json
      const next = sorted.filter((each) => holds(afterWhere(record, order) as Json, each)).toSorted(compare(order))[0]
      const back = turned(order)
      const previous = sorted.filter((each) => holds(afterWhere(record, back) as Json, each)).toSorted(compare(back))[0]
      expect(next).toEqual(sorted[index + 1])
      expect(previous).toEqual(sorted[index - 1])
    }),
  )
})

test("what an order needs of a record", () => {
  expect(orderPaths(["-date", "customer.name"])).toEqual(["date", "customer.name", "id"])
  expect(turned(["-date"])).toEqual(["date", "-id"])
})
