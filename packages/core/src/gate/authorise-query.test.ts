import { describe, expect, it } from "vitest"
import { type ResolvedModel, resolveCatalog } from "../catalog.ts"
import { ArchipelError } from "../errors.ts"
import { date, html, integer, longText, money, text } from "../fields.ts"
import { identity } from "../identity.ts"
import { contract, model } from "../model.ts"
import { type Query, queryLimits } from "../query.ts"
import { many, one } from "../relations.ts"
import { resolveService } from "../resolve-service.ts"
import type { WhereJson } from "../where.ts"
import { authoriseQuery, conditionsElsewhere } from "./authorise-query.ts"
import { bindWhere, ruleScope } from "./bind-where.ts"
import type { Condition, Operand } from "./condition.ts"
import { type Principal, systemPrincipal } from "./principal.ts"
import { rightsOf } from "./rights.ts"

const shop = contract("gate_test", {
  roles: ["clerk", "auditor", "manager"],
  models: {
    Customer: model(
      { name: text(), rating: integer(), orders: many("gate_test.Order", "customer") },
      { title: "name" },
    ),
    Order: model({
      customer: one("gate_test.Customer"),
      owner: one("identity.User"),
      date: date(),
      total: money(),
      margin: money(),
      terms: longText(),
      page: html(),
      lines: many("gate_test.Line", "order").owned(),
    }),
    Line: model({ order: one("gate_test.Order"), quantity: integer(), remark: longText() }),
  },
})

const statement = (kind: string, rest: object) => ({ kind, ...rest }) as never
const all = ["read", "create", "update", "delete"]
const service = resolveService(
  shop.definition,
  [
    {
      model: "gate_test.Order",
      statements: [
        statement("grant", {
          role: "gate_test.clerk",
          operations: ["read"],
          where: { owner: { $me: "id" } },
          fields: { except: ["margin"] },
        }),
        statement("grant", {
          role: "gate_test.auditor",
          operations: ["read"],
          where: "all",
          fields: ["date", "total", "margin"],
        }),
        statement("grant", { role: "gate_test.manager", operations: all, where: "all" }),
      ],
    },
    {
      model: "gate_test.Customer",
      statements: [
        statement("grant", { role: "gate_test.auditor", operations: ["read"], where: "all" }),
        statement("grant", { role: "gate_test.manager", operations: all, where: "all" }),
      ],
    },
  ],
  resolveCatalog([shop.definition, identity.definition]),
)

const user = (...roles: string[]): Principal => ({
  kind: "user",
  id: "00000000-0000-7000-8000-000000000001",
  roles: roles.map((r) => `gate_test.${r}`),
  claims: {},
  timeZone: "UTC",
})
const treeOf = (principal: Principal, query: Omit<Query, "model"> & { model?: string }) =>
  authoriseQuery(rightsOf(service, principal), principal, { model: "gate_test.Order", ...query }).tree()
const codeOf = (run: () => unknown): string => {
  try {
    run()
    return "passed"
  } catch (error) {
    if (error instanceof ArchipelError) return `${error.code} ${JSON.stringify(error.details)}`
    throw error
  }
}

const operands = (c: Condition | undefined): readonly Operand[] =>
  c === undefined
    ? []
    : c.kind === "and" || c.kind === "or"
      ? c.of.flatMap(operands)
      : c.kind === "compare"
        ? [c.operand]
        : []

describe("the gate for reading", () => {
  const hidden = 'query.unknown_field {"model":"gate_test.Order","field":"margin"}'
  const nothing = 'query.unknown_field {"model":"gate_test.Order","field":"nothing"}'

  it.each<[string, (field: string) => Omit<Query, "model">]>([
    ["selected", (f) => ({ select: [f] })],
    ["filtered", (f) => ({ where: { [f]: "1" } })],
    ["filtered inside not and or", (f) => ({ where: { or: [{ not: { [f]: { gt: "1" } } }] } })],
    ["ordered by", (f) => ({ orderBy: [`-${f}`] })],
    ["grouped by", (f) => ({ group: [f] })],
    ["aggregated", (f) => ({ group: ["date"], aggregates: { x: `max(${f})` } })],
    ["selected from below", (f) => ({ select: [`lines.order.${f}`] })],
    ["filtered from below", (f) => ({ where: { lines: { some: { order: { [f]: "1" } } } } })],
  ])("gives a field that may never be read the answer of one that does not exist when it is %s", (_how, query) => {
    expect(codeOf(() => treeOf(user("clerk"), query("margin")))).toBe(hidden)
    expect(codeOf(() => treeOf(user("clerk"), query("nothing")))).toBe(nothing)
  })

  it("orders no records by texts without a bound, which a cursor would carry", () => {
    for (const field of ["terms", "page"]) {
      const refused = codeOf(() => treeOf(user("manager"), { orderBy: [`-${field}`] }))
      expect(refused).toContain("query.invalid")
      expect(refused).toContain(`Records are not ordered by ${field}.`)
      expect(treeOf(user("manager"), { group: [field], orderBy: [field] }).kind).toBe("group")
    }
    expect(codeOf(() => treeOf(user("manager"), { select: [{ path: "lines", orderBy: ["remark"] }] }))).toContain(
      "query.invalid",
    )
  })

  it("leaves records of a model without a grant out of reach, by any road", () => {
    const clerk = user("clerk")
    expect(codeOf(() => treeOf(clerk, { model: "gate_test.Customer" }))).toContain("access.denied")
    expect(codeOf(() => treeOf(clerk, { select: ["customer.name"] }))).toContain("query.unknown_field")
    expect(codeOf(() => treeOf(clerk, { where: { customer: { rating: 1 } } }))).toContain("query.unknown_field")
    expect(codeOf(() => treeOf(clerk, { orderBy: ["customer.rating"] }))).toContain("query.unknown_field")
  })

  it("gives nobody anything without a role", () => {
    expect(codeOf(() => treeOf(user(), {}))).toContain("access.denied")
    expect(codeOf(() => treeOf({ ...systemPrincipal("a copy"), kind: "system" }, {}))).toContain("access.denied")
    expect(treeOf(systemPrincipal("test"), {}).kind).toBe("page")
  })

  it("joins two roles by rows and cells: all fields of own orders, three fields of all", () => {
    const tree = treeOf(user("clerk", "auditor"), { select: ["date", "margin", "customer"] })
    if (tree.kind !== "page") throw new Error("not a page")
    expect(tree.where).toEqual({ kind: "true" })
    const readable = Object.fromEntries(tree.root.fields.map((f) => [f.name, f.readable.kind]))
    expect(readable).toEqual({ id: "true", date: "true", margin: "true", customer: "compare" })
    expect(tree.root.maskable).toBe(true)
  })

  it("shows lines with their order, and by themselves only of orders that may be seen", () => {
    const nested = treeOf(user("clerk"), { select: ["lines.quantity"] })
    if (nested.kind !== "page") throw new Error("not a page")
    expect(nested.root.lists[0]?.where).toEqual({ kind: "true" })
    const alone = treeOf(user("clerk"), { model: "gate_test.Line" })
    expect(alone.where.kind).toBe("one")
  })

  it("hides a list where the reference that it inverts is hidden, and lines where their list is", () => {
    const auditor = user("auditor")
    const orders = 'query.unknown_field {"model":"gate_test.Customer","field":"orders"}'
    expect(codeOf(() => treeOf(auditor, { model: "gate_test.Customer", select: ["orders.total"] }))).toBe(orders)
    expect(
      codeOf(() => treeOf(auditor, { model: "gate_test.Customer", where: { orders: { some: { total: "1" } } } })),
    ).toBe(orders)
    expect(codeOf(() => treeOf(auditor, { select: ["lines.quantity"] }))).toContain("query.unknown_field")
    expect(codeOf(() => treeOf(auditor, { model: "gate_test.Line" }))).toContain("access.denied")
  })

  it("lets conditions on another service's records be asked there, and compares their ids here", () => {
    const query: Query = {
      model: "gate_test.Order",
      where: {
        total: { gte: "1" },
        owner: { or: [{ name: "x" }, { email: { in: ["y", "z"] } }], not: { locale: null } },
        date: "2026-01-01",
      },
      select: ["total", { path: "lines", where: { createdBy: { name: { contains: "w" } }, quantity: 5 } }],
    }
    const manager = user("manager")
    const rights = rightsOf(service, manager)
    const { tree, values } = authoriseQuery(rights, manager, query)
    expect(values).toEqual(["1", "x", ["y", "z"], "2026-01-01", "w", 5])
    const page = tree()
    if (page.kind !== "page") throw new Error("not a page")
    expect(page.elsewhere.map(({ target, path, firstValue }) => [target.name, path, firstValue])).toEqual([
      ["identity.User", "/where/owner", 1],
      ["identity.User", "/select/lines/where/createdBy", 4],
    ])
    expect(operands(page.where)).toEqual([
      { kind: "value", index: 0 },
      { kind: "found", index: 0 },
      { kind: "value", index: 3 },
    ])
    expect(operands(page.root.lists[0]?.where)).toEqual([
      { kind: "found", index: 1 },
      { kind: "value", index: 5 },
    ])
    // Of another query of the same shape, from the same tree.
    const other: Query = JSON.parse(JSON.stringify(query).replace('"x"', '"a"').replace('["y","z"]', '["b"]'))
    const again = authoriseQuery(rights, manager, other)
    expect(again.key).toBe(authoriseQuery(rights, manager, query).key)
    expect(conditionsElsewhere(page.elsewhere, again).map(({ where }) => where)).toEqual([
      other.where?.["owner"],
      { name: { contains: "w" } },
    ])
  })

  it("asks nobody for the id of another service's record, nor for what may not be read", () => {
    const manager = user("manager")
    const byId = treeOf(manager, { where: { owner: { id: "00000000-0000-7000-8000-000000000001" } } })
    expect(byId.elsewhere).toEqual([])
    expect(codeOf(() => treeOf(user("auditor"), { where: { owner: { name: "x" } } }))).toContain("query.unknown_field")
  })

  it("bounds what other services are asked", () => {
    const manager = user("manager")
    const many = (n: number) => ({ or: Array.from({ length: n }, (_, i) => ({ owner: { name: String(i) } })) })
    expect(treeOf(manager, { where: many(queryLimits.elsewhere) }).elsewhere).toHaveLength(queryLimits.elsewhere)
    expect(codeOf(() => treeOf(manager, { where: many(queryLimits.elsewhere + 1) }))).toContain("query.too_complex")
    const deep = (n: number): WhereJson => (n === 0 ? { name: "x" } : { createdBy: deep(n - 1) })
    expect(codeOf(() => treeOf(manager, { where: { owner: deep(queryLimits.depth - 1) } }))).toBe("passed")
    expect(codeOf(() => treeOf(manager, { where: { owner: deep(queryLimits.depth) } }))).toContain("query.too_complex")
  })

  it("neither orders nor groups by what lies in another service, and no rule looks there", () => {
    const manager = user("manager")
    for (const query of [
      { orderBy: ["owner.name"] },
      { group: ["owner.name"] },
      { aggregates: { n: "min(owner.name)" } },
    ])
      expect(codeOf(() => treeOf(manager, query))).toContain("query.remote_path")
    const order = service.models.get("gate_test.Order")?.model as ResolvedModel
    expect(codeOf(() => bindWhere(order, { owner: { name: "x" } }, ruleScope()))).toContain("query.remote_path")
  })

  it("numbers values as the shape counts them, however the select is ordered", () => {
    const query: Query = {
      model: "gate_test.Order",
      where: { total: { gte: "1" }, or: [{ date: { in: ["2026-01-01", "2026-01-02"] } }, { owner: { $me: "id" } }] },
      after: "cursor",
      select: [
        "total",
        { path: "customer", select: ["name"] },
        { path: "lines", where: { quantity: { gt: 5, lt: 9 } } },
        "customer.rating",
      ],
    }
    const manager = user("manager")
    const authorised = authoriseQuery(rightsOf(service, manager), manager, query)
    expect(authorised.values).toEqual(["1", ["2026-01-01", "2026-01-02"], "cursor", 5, 9])
    const tree = authorised.tree()
    if (tree.kind !== "page") throw new Error("not a page")
    expect(tree.cursor?.index).toBe(2)
    const indexes = (c: Condition | undefined): number[] =>
      operands(c).flatMap((operand) => (operand.kind === "value" ? [operand.index] : []))
    expect(indexes(tree.root.lists[0]?.where)).toEqual([3, 4])
    expect(indexes(tree.where)).toEqual([0, 1])
  })

  it("keeps one plan for queries that differ in values, and one for each set of rights", () => {
    const key = (principal: Principal, total: string) =>
      authoriseQuery(rightsOf(service, principal), principal, { model: "gate_test.Order", where: { total } }).key
    expect(key(user("clerk"), "1")).toBe(key({ ...user("clerk"), id: "another" }, "2"))
    expect(key(user("clerk"), "1")).not.toBe(key(user("manager"), "1"))
  })
})
