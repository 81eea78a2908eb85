import { describe, expect, it } from "vitest"
import { resolveCatalog } from "../catalog.ts"
import { ArchipelError } from "../errors.ts"
import { integer, text } from "../fields.ts"
import { identity } from "../identity.ts"
import type { MirrorDefinition } from "../mirror.ts"
import { contract, model } from "../model.ts"
import type { Query } from "../query.ts"
import { many, one } from "../relations.ts"
import { resolveService } from "../resolve-service.ts"
import { authoriseQuery } from "./authorise-query.ts"
import { mirrorsUsed } from "./mirrors-used.ts"
import { type Principal, systemPrincipal } from "./principal.ts"
import { rightsOf } from "./rights.ts"

const far = contract("mirror_far", {
  roles: [],
  models: {
    Country: model({ name: text(), code: text() }),
    Customer: model({
      name: text(),
      city: text(),
      country: one("mirror_far.Country").optional(),
      parent: one("mirror_far.Customer").optional(),
      contacts: many("mirror_far.Contact", "customer").owned(),
    }),
    Contact: model({ customer: one("mirror_far.Customer"), name: text() }),
  },
})
const near = contract("mirror_near", {
  roles: ["clerk", "names", "nobody"],
  models: {
    Order: model({ customer: one("mirror_far.Customer"), total: integer() }),
  },
})
const catalog = resolveCatalog([far.definition, near.definition, identity.definition])
const grant = (role: string, where: object | "all" = "all") =>
  ({ kind: "grant", role: `mirror_near.${role}`, operations: ["read"], where }) as never

const customers: MirrorDefinition = {
  model: "mirror_far.Customer",
  paths: ["name", "country.code", "parent.name"],
  grants: [{ role: "mirror_near.clerk" }, { role: "mirror_near.names", fields: ["name"] }],
}
const serviceWith = (definition: MirrorDefinition, ...statements: never[]) =>
  resolveService(
    near.definition,
    [{ model: "mirror_near.Order", statements: [grant("clerk"), grant("names"), grant("nobody"), ...statements] }],
    catalog,
    { mirrors: [{ definition }] },
  )
const service = serviceWith(customers)

const user = (role: string): Principal => ({
  kind: "user",
  id: "00000000-0000-7000-8000-000000000001",
  roles: [`mirror_near.${role}`],
  claims: {},
  timeZone: "UTC",
})
const treeOf = (principal: Principal, query: Omit<Query, "model">, of = service) =>
  authoriseQuery(rightsOf(of, principal), principal, { model: "mirror_near.Order", ...query }).tree()

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return error instanceof ArchipelError ? `${error.code} ${JSON.stringify(error.details)}` : String(error)
  }
  return "none"
}

describe("what is mirrored", () => {
  it("is reached as records of the service itself are", () => {
    const tree = treeOf(user("clerk"), { orderBy: ["-customer.country.code", "customer.name"] })
    expect(tree.kind === "page" && tree.orderBy[0]?.value.steps.map(({ member }) => member.target.table)).toEqual([
      "mirror_mirror_far_customers",
      "mirror_mirror_far_countries",
    ])
  })

  it("is told of the answer that it decides, and of no other", () => {
    const used = (query: Omit<Query, "model">) => mirrorsUsed(treeOf(user("clerk"), query))
    expect(used({ orderBy: ["customer.name"] })).toEqual(["mirror_far.Customer"])
    expect(used({ where: { not: { customer: { country: { code: "FR" } } } } })).toEqual(["mirror_far.Customer"])
    expect(used({ group: ["customer.country.code"] })).toEqual(["mirror_far.Customer"])
    expect(used({ where: { customer: { id: "00000000-0000-7000-8000-000000000002" } } })).toEqual([])
    expect(used({ select: ["customer.name"] })).toEqual([])
  })

  it("does not exist for whom no grant of the mirror names", () => {
    for (const query of [{ orderBy: ["customer.name"] }, { group: ["customer.name"] }]) {
      expect(refusal(() => treeOf(user("nobody"), query))).toBe(
        'query.unknown_field {"model":"mirror_far.Customer","field":"name"}',
      )
      expect(treeOf(user("names"), query)).toBeDefined()
      expect(treeOf(systemPrincipal("test"), query)).toBeDefined()
    }
    expect(refusal(() => treeOf(user("names"), { orderBy: ["customer.country.code"] }))).toContain(
      "query.unknown_field",
    )
  })

  it("leaves conditions on what it does not show to the owner", () => {
    const query = { where: { customer: { name: "x", country: { code: "FR" } } } }
    const askedOf = (role: string) => treeOf(user(role), query).elsewhere.map(({ target }) => target.name)
    expect(askedOf("clerk")).toEqual([])
    expect(askedOf("names")).toEqual(["mirror_far.Customer"])
    expect(askedOf("nobody")).toEqual(["mirror_far.Customer"])
  })

  it("is what a grant names, each path for itself", () => {
    const parents = { ...customers, grants: [{ role: "mirror_near.clerk", fields: ["parent.name"] }] }
    const asked = (path: string) =>
      refusal(() => treeOf(user("clerk"), { orderBy: [`customer.${path}`] }, serviceWith(parents)))
    expect(asked("parent.name")).toBe("none")
    expect(asked("name")).toContain("query.unknown_field")
  })

  it("says of the rest that a mirror is missing", () => {
    for (const path of ["customer.parent.city", "customer.city", "customer.country.name", "createdBy.name"]) {
      expect(refusal(() => treeOf(user("clerk"), { orderBy: [path] }))).toMatch(
        /^query\.remote_path .*"mirror_near.Order"/,
      )
    }
    expect(new ArchipelError("query.remote_path", { model: "a.B", field: "c", use: "orderBy" }).message).toContain(
      "mirrors it",
    )
  })

  it("may be what a rule looks at", () => {
    const ruled = serviceWith(customers, grant("nobody", { customer: { country: { code: "FR" } } }))
    expect([...ruled.ruledBy]).toEqual(["mirror_far.Customer"])
    expect(mirrorsUsed(treeOf(user("nobody"), {}, serviceWith(customers)))).toEqual([])
  })
})

describe("a mirror that cannot be", () => {
  const told = (definition: Partial<MirrorDefinition>) =>
    refusal(() => serviceWith({ ...customers, ...definition, grants: definition.grants ?? [] }))

  it.each([
    ["an unknown model", { model: "mirror_far.Nobody" }, "no known contract declares"],
    ["an own model", { model: "mirror_near.Order", paths: ["total"] }, "the service's own"],
    ["an unknown field", { paths: ["nam"] }, 'has no field "nam"'],
    ["a list", { paths: ["contacts"] }, 'has no column "contacts"'],
    ["a field behind a third service", { paths: ["createdBy.name"] }, "leads into another service"],
    ["lines", { model: "mirror_far.Contact", paths: ["name"] }, "lines of mirror_far.Customer"],
    ["a foreign role", { grants: [{ role: "mirror_far.user" }] }, "no role"],
    ["a grant of what is not mirrored", { grants: [{ role: "mirror_near.clerk", fields: ["city"] }] }, "not mirrored"],
  ] as const)("is refused at start: %s", (_, definition, words) => {
    expect(told(definition)).toContain(words)
  })
})
