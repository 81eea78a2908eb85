import { expect, test } from "vitest"
import { withAway } from "./away.ts"
import type { UiProgram, UiRelated } from "./model.ts"

const list = (service: string, model: string): UiRelated => ({
  service,
  model: `${service}.${model}`,
  collection: `/api/${service}/${model.toLowerCase()}`,
  field: "customer",
  label: "Customer",
  title: model,
  plural: `${model}s`,
})
const program = (away: readonly string[], related: UiProgram["related"]): UiProgram => ({
  contract: 1,
  services: ["crm", "people", "sales"].map((service) => ({
    service,
    title: away.includes(service) ? service : service.toUpperCase(),
    ui: `/api/${service}/$ui`,
    ...(away.includes(service) ? { away: true as const } : {}),
  })),
  related,
})
const [call, order, visit] = [list("crm", "Call"), list("sales", "Order"), list("people", "Visit")]
const whole = program([], { "crm.Customer": [call, visit, order] })

test("what a service that is away showed elsewhere stays in its place, under its own title", () => {
  const now = withAway(whole, program(["people"], { "crm.Customer": [call, order] }))
  expect(now.related["crm.Customer"]).toEqual([call, visit, order])
  expect(now.services.map(({ title }) => title)).toEqual(["CRM", "PEOPLE", "SALES"])
  expect(now.services[1]?.away).toBe(true)
})

test("lists of a model whose own service is away stay as they were; what is gone from the program does not", () => {
  const now = program(["crm"], {})
  expect(withAway(whole, now).related["crm.Customer"]).toEqual([call, visit, order])
  const smaller = { ...now, services: now.services.filter(({ service }) => service !== "people") }
  expect(withAway(whole, smaller).related["crm.Customer"]).toEqual([call, order])
})

test("of services that answer nothing is kept", () => {
  const now = program([], { "crm.Customer": [order] })
  expect(withAway(whole, now)).toBe(now)
})
