import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type ColumnMember, resolveCatalog } from "../catalog.ts"
import { integer } from "../fields.ts"
import { identity } from "../identity.ts"
import { contract, model } from "../model.ts"
import { allOf, always, anyOf, type Condition, never, not, type Operand } from "./condition.ts"

const definition = contract("conditions_test", {
  roles: ["user"],
  models: { Sum: model({ a: integer(), b: integer(), c: integer() }) },
}).definition
const members = resolveCatalog([identity.definition, definition]).models.get("conditions_test.Sum")?.members

const is = (name: string, operand: Operand): Condition => ({
  kind: "compare",
  member: members?.get(name) as ColumnMember,
  comparison: "eq",
  operand,
  readable: always,
})
/** A new object each time, since rules are. */
const holds = (name: string): Condition => is(name, { kind: "constant", value: 1 })

describe("conditions put together", () => {
  it("say once what several say", () => {
    expect(anyOf([holds("a"), holds("a")])).toEqual(holds("a"))
    expect(allOf([holds("a"), holds("b"), holds("a")])).toEqual(allOf([holds("a"), holds("b")]))
    expect(anyOf([not(holds("a")), not(holds("a"))])).toEqual(not(holds("a")))
  })

  it("leave out what another one decides alone", () => {
    const both = allOf([holds("a"), holds("b")])
    const either = anyOf([holds("a"), holds("b")])
    expect(anyOf([both, holds("a")])).toEqual(holds("a"))
    expect(anyOf([holds("a"), both])).toEqual(holds("a"))
    expect(allOf([either, holds("b")])).toEqual(holds("b"))
    expect(anyOf([both, holds("c")])).toEqual({ kind: "or", of: [both, holds("c")] })
  })

  it("keep values of the caller, which are checked where they are bound", () => {
    const given = is("b", { kind: "value", index: 0 })
    const both = allOf([holds("a"), given])
    expect(anyOf([holds("a"), both])).toEqual({ kind: "or", of: [holds("a"), both] })
  })

  it("hold of the same rows as their parts do", () => {
    type Case = { readonly condition: Condition; of(row: ReadonlySet<string>): boolean }
    const { tree } = fc.letrec<{ tree: Case }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("a", "b", "c").map((name): Case => ({ condition: holds(name), of: (row) => row.has(name) })),
        fc.constantFrom(true, false).map((value): Case => ({ condition: value ? always : never, of: () => value })),
        tie("tree").map((one): Case => ({ condition: not(one.condition), of: (row) => !one.of(row) })),
        fc.array(tie("tree"), { maxLength: 4 }).map(
          (some): Case => ({
            condition: allOf(some.map(({ condition }) => condition)),
            of: (row) => some.every((one) => one.of(row)),
          }),
        ),
        fc.array(tie("tree"), { maxLength: 4 }).map(
          (some): Case => ({
            condition: anyOf(some.map(({ condition }) => condition)),
            of: (row) => some.some((one) => one.of(row)),
          }),
        ),
      ),
    }))
    const isTrue = (condition: Condition, row: ReadonlySet<string>): boolean => {
      switch (condition.kind) {
        case "and":
          return condition.of.every((one) => isTrue(one, row))
        case "or":
          return condition.of.some((one) => isTrue(one, row))
        case "not":
          return !isTrue(condition.of, row)
        case "compare":
          return row.has(condition.member.name)
        default:
          return condition.kind === "true"
      }
    }
    const rows = [[], ["a"], ["b"], ["c"], ["a", "b"], ["a", "c"], ["b", "c"], ["a", "b", "c"]].map((r) => new Set(r))
    fc.assert(
      fc.property(tree, ({ condition, of }) => rows.every((row) => isTrue(condition, row) === of(row))),
      { numRuns: 1_000 },
    )
  })
})
