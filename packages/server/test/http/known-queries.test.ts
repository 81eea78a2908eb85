import { ArchipelError, type ResolvedModel } from "@archipel/core"
import { expect, test } from "vitest"
import { queryOfBody, queryOfSearch as read } from "../../src/http/known-queries.ts"
import { depotDefinition } from "./depot.ts"

const { catalog } = depotDefinition()
const order = catalog.models.get("depot.Order") as ResolvedModel
const product = catalog.models.get("depot.Product") as ResolvedModel

test("an address that comes again is the same query, which nobody can change", () => {
  const first = read(order, "status=draft&limit=20")
  expect(first).toEqual({ model: "depot.Order", where: { status: "draft" }, limit: 20 })
  expect(read(order, "status=draft&limit=20")).toBe(first)
  expect(() => Object.assign(first.where as object, { status: "confirmed" })).toThrow(TypeError)
  expect(read(order, "status=confirmed&limit=20").where).toEqual({ status: "confirmed" })
})

test("so is a body", () => {
  const body = '{"group":["status"],"aggregates":{"n":"count"},"where":{"status":{"in":["draft"]}}}'
  const first = queryOfBody(order, body)
  expect(first).toEqual({
    model: "depot.Order",
    group: ["status"],
    aggregates: { n: "count" },
    where: { status: { in: ["draft"] } },
  })
  expect(queryOfBody(order, body)).toBe(first)
  expect(queryOfBody(order, `${body} `)).not.toBe(first)
  for (let i = 0; i < 2; i++) expect(() => queryOfBody(order, '{"limit":0}')).toThrow(ArchipelError)
  const next = '{"after":"x","limit":1}'
  expect(queryOfBody(order, next)).not.toBe(queryOfBody(order, next))
})

test("the same parameters are another query for another model", () => {
  expect(read(order, "limit=1").model).toBe("depot.Order")
  expect(read(product, "limit=1").model).toBe("depot.Product")
})

test("what is refused once is refused again", () => {
  for (let i = 0; i < 2; i++) expect(() => read(order, "limit=0")).toThrow(ArchipelError)
})

test("only so many are kept", () => {
  const first = read(order, "limit=1")
  for (let n = 0; n < 600; n++) read(order, `number=${n}`)
  expect(read(order, "limit=1")).toEqual(first)
  expect(read(order, "limit=1")).not.toBe(first)
})
