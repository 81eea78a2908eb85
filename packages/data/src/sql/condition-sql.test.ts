import {
  bindWhere,
  contract,
  decimal,
  integer,
  many,
  manyToMany,
  model,
  one,
  type Principal,
  resolveCatalog,
  type ResolvedModel,
  ruleScope,
  text,
} from "@archipel/core"
import { expect, test } from "vitest"
import { booleanSql, conditionSql } from "./condition-sql.ts"
import { bindParameters } from "./parameters.ts"
import { statementBuilder } from "./statement-builder.ts"

const { definition } = contract("conditions", {
  roles: [],
  models: {
    Node: model({
      name: text(),
      size: integer().optional(),
      price: decimal(),
      parent: one("conditions.Node").optional(),
      children: many("conditions.Node", "parent"),
      friends: manyToMany("conditions.Node"),
      admirers: manyToMany("conditions.Node", { inverse: "friends" }),
      owner: one("identity.User").optional(),
    }),
  },
})
const { definition: identity } = contract("identity", { roles: [], models: { User: model({ name: text() }) } })
const node = resolveCatalog([definition, identity]).models.get("conditions.Node") as ResolvedModel

const alice: Principal = {
  kind: "user",
  id: "0199A1B2-0000-7000-8000-000000000001",
  roles: [],
  claims: { sizes: [1, "2", "x"], one: 7 },
  timeZone: "Europe/Paris",
}
const source = { values: [], principal: alice, now: "2026-01-31T23:30:00.000Z" }

function compiled(where: object, before = false) {
  const builder = statementBuilder(before ? { before: "b" } : {})
  const sql = conditionSql(bindWhere(node, where, ruleScope({ before: true })), "t", builder)
  return [sql, bindParameters(builder.parameters, source)]
}

test.each<[object, string, unknown[]]>([
  [{ name: "x" }, `t."name" = $1::text`, ["x"]],
  [{ name: { not: "x" } }, `(t."name" = $1::text) is not true`, ["x"]],
  [{ name: { lt: "x" } }, `t."name" collate "C" < $1::text`, ["x"]],
  [{ size: null }, `t."size" is null`, []],
  [{ size: { isSet: true } }, `t."size" is not null`, []],
  [{ size: { in: [1, 2] } }, `t."size" = any($1::integer[])`, [[1, 2]]],
  [{ size: { gte: 1, lt: 9 } }, `(t."size" >= $1::integer and t."size" < $2::integer)`, [1, 9]],
  [{ name: { contains: "10%_\\" } }, `archipel.lowered(t."name") like archipel.lowered($1::text)`, ["%10\\%\\_\\\\%"]],
  [{ name: { startsWith: "a" } }, `archipel.lowered(t."name") like archipel.lowered($1::text)`, ["a%"]],
  [{ or: [{ size: 1 }, { price: "1.005" }] }, `(t."size" = $1::integer or t."price" = $2::numeric)`, [1, "1.005"]],
  [
    { parent: { parent: { size: 1 } } },
    `exists (select from "nodes" t1 where t1.id = t."parent_id" and exists (select from "nodes" t2 where t2.id = t1."parent_id" and t2."size" = $1::integer))`,
    [1],
  ],
  [
    { children: { none: { size: 1 } } },
    `not exists (select from "nodes" t1 where t.id = t1."parent_id" and t1."size" = $1::integer)`,
    [1],
  ],
  [
    { admirers: { some: { size: 1 } } },
    `exists (select from "nodes__friends" t2 join "nodes" t1 on t1.id = t2."source_id" where t.id = t2."target_id" and t1."size" = $1::integer)`,
    [1],
  ],
  [{ owner: { $me: "id" } }, `t."owner_id" = $1::uuid`, [alice.id.toLowerCase()]],
  [{ size: { in: { $claim: "sizes" } } }, `t."size" = any($1::integer[])`, [[1, 2]]],
  [{ size: { $claim: "one" } }, `t."size" = any($1::integer[])`, [[7]]],
  [{ size: { lt: { $claim: "sizes" } } }, `t."size" < $1::integer`, [null]],
  [{ size: { $claim: "absent" } }, `t."size" = any($1::integer[])`, [null]],
  [
    { createdAt: { gte: { $today: -1 } } },
    `t."created_at" >= $1::timestamptz`,
    // The day of the user, who is an hour ahead.
    ["2026-01-30T23:00:00.000Z"],
  ],
])("%j", (where, sql, values) => {
  expect(compiled(where)).toEqual([sql, values])
})

test("the value before is the row before, where the statement has it, and else a parameter", () => {
  expect(compiled({ size: { gte: { $before: "size" } } }, true)[0]).toBe(`t."size" >= b."size"`)
  const builder = statementBuilder()
  expect(conditionSql(bindWhere(node, { size: { $before: "size" } }, ruleScope({ before: true })), "t", builder)).toBe(
    `t."size" = $1::integer`,
  )
  expect(bindParameters(builder.parameters, { ...source, before: { size: 4 } })).toEqual([4])
  expect(bindParameters(builder.parameters, { ...source, before: { size: null } })).toEqual([null])
})

test("a selected condition is never empty, a cell that may not be read counts as empty", () => {
  const builder = statementBuilder()
  const member = node.columns.find((c) => c.name === "size")
  if (!member) throw new Error("no size")
  const readable = bindWhere(node, { name: "x" }, ruleScope())
  const condition = { kind: "isSet", member, readable } as const
  expect(booleanSql(condition, "t", builder)).toBe(`((t."name" = $1::text and t."size" is not null)) is true`)
  expect(conditionSql({ kind: "not", of: condition }, "t", builder)).toBe(
    `((t."name" = $1::text and t."size" is not null)) is not true`,
  )
})

test("a caller's values are checked, named and not repeated; who is no user is nobody", () => {
  const builder = statementBuilder()
  let index = 0
  const scope = { ...ruleScope(), operand: () => ({ kind: "value", index: index++ }) as const }
  conditionSql(bindWhere(node, { size: 1, name: { contains: "x" }, price: { in: ["1"] } }, scope), "t", builder)
  const bind = (values: readonly unknown[]) => bindParameters(builder.parameters, { ...source, values })
  expect(bind(["12", "x", [3]])).toEqual([12, "%x%", ["3"]])
  expect(() => bind(["secret", 5, "1"])).toThrow(
    expect.objectContaining({
      code: "query.invalid",
      details: {
        errors: [
          { path: "/where/size", code: "value.type", detail: "size: must be a whole number." },
          { path: "/where/name", code: "value.type", detail: "name: must be a text." },
          { path: "/where/price", code: "value.type", detail: "price: in takes a list of values." },
        ],
      },
    }),
  )
  expect(() => bind([1, "x", Array(10_001).fill("1")])).toThrow("[query.too_complex]")
  const mine = statementBuilder()
  conditionSql(bindWhere(node, { owner: { $me: "id" } }, ruleScope()), "t", mine)
  expect(bindParameters(mine.parameters, { ...source, principal: { ...alice, kind: "service", id: "sales" } })).toEqual(
    [null],
  )
})
