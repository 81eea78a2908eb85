import { expect, it } from "vitest"
import { DefinitionError, resolveCatalog } from "../catalog.ts"
import type { ContractDefinition } from "../definition.ts"
import { bool, choice, date, integer, money, sequence, states, text } from "../fields.ts"
import { identity } from "../identity.ts"
import { logic as typedLogic } from "../logic.ts"
import { action, contract, model } from "../model.ts"
import { many, one } from "../relations.ts"
import { resolveService } from "../resolve-service.ts"

// What types refuse already must also be refused at start: contracts come from packages, logic from anywhere.
type Loose = {
  [K in "compute" | "rollup" | "suggest" | "check" | "warn" | "grant" | "restrict" | "on" | "lock"]: (
    ...args: unknown[]
  ) => Loose
} & { model: string; statements: readonly never[] }
const logic = typedLogic as unknown as (model: string) => Loose

const far = contract("far", {
  roles: ["user"],
  models: { Place: model({ name: text(), height: integer() }) },
}).definition

function mistakesOf(models: Parameters<typeof contract>[1]["models"], logics: readonly Loose[]): readonly string[] {
  const made: ContractDefinition = contract("near", { roles: ["user"], models }).definition
  try {
    resolveService(made, logics as never, resolveCatalog([identity.definition, far, made]))
  } catch (error) {
    if (error instanceof DefinitionError) return error.mistakes
    throw error
  }
  return []
}

const granted = (name: string): Loose => logic(name).grant("near.user", "all", "all")
const numbers = () => model({ a: integer().computed(), b: integer().computed(), c: integer() })

it("a service that fits together starts", () => {
  const run = (r: { c: number; a: number }) => r.c + r.a
  expect(
    mistakesOf({ N: numbers() }, [
      granted("near.N")
        .compute("a", ["c"], () => 1)
        .compute("b", ["a", "c"], run),
    ]),
  ).toEqual([])
})

it("a cycle of values is told with its chain", () => {
  expect(
    mistakesOf({ N: numbers() }, [
      granted("near.N")
        .compute("a", ["b"], () => 1)
        .compute("b", ["a"], () => 1),
    ]),
  ).toEqual(["near.N.a follows from near.N.b follows from near.N.a: a cycle, which never settles."])
})

it("a cycle through lines and their parent is found, also of suggestions", () => {
  const models = {
    P: model({ lines: many("near.L", "p").owned(), total: integer().computed() }),
    L: model({ p: one("near.P"), share: integer().suggested() }),
  }
  expect(
    mistakesOf(models, [
      granted("near.P").rollup("total", "sum", "lines", "share"),
      logic("near.L").suggest("share", ["p.total"], () => 1),
    ]),
  ).toEqual(["near.P.total follows from near.L.share follows from near.P.total: a cycle, which never settles."])
})

it("values without a definition, and definitions without a value, are named", () => {
  expect(
    mistakesOf({ N: model({ a: integer().computed(), s: integer().suggested(), c: integer() }) }, [
      granted("near.N").compute("c", [], () => 1),
    ]),
  ).toEqual([
    "near.N.c is computed by logic, but its contract does not say `.computed()`.",
    'near.N.a is computed, but no logic says how: add .compute("a", …) or .rollup("a", …).',
    'near.N.s is suggested, but no logic says how: add .suggest("s", …).',
  ])
})

it("a rule's constant that fits no value of its field is named with its statement, wherever the rule stands", () => {
  const made = () =>
    model({ lines: many("near.L", "n").owned(), open: integer().computed(), total: integer(), day: date() }, options)
  const options = { checks: { "n.day": { day: { gt: "soon" } } } } as object
  const models = {
    N: made(),
    L: model({ n: one("near.N"), status: choice("draft", "done"), price: money() }),
  }
  expect(
    mistakesOf(models, [
      logic("near.N")
        .grant("near.user", "all", { total: "abc" }, { check: { total: { in: [1, "two"] } } })
        .restrict({ lines: { some: { status: "drafft" } } }, "of drafts")
        .lock({ not: { day: { not: "2026-02-30" } } }, { why: "is closed" })
        .rollup("open", "count", "lines", undefined, { where: { price: { lt: 0.5 } } }),
    ]),
  ).toEqual([
    'near.N: the check "n.day" of its contract: "soon", compared with near.N.day, must be an existing day, YYYY-MM-DD.',
    'near.N: the grant to near.user: "abc", compared with near.N.total, must be a whole number.',
    'near.N: the check of the grant to near.user: "two", compared with near.N.total, must be a whole number.',
    'near.N: a restriction: "drafft", compared with near.L.status, must be one of draft, done.',
    'near.N: a lock: "2026-02-30", compared with near.N.day, must be an existing day, YYYY-MM-DD.',
    'near.N: the rollup open: 0.5, compared with near.L.price, must be a decimal number as a text, such as "12.50".',
  ])
})

it("a rule may compare with part of a choice, values beyond a field's limits, and what only a request knows", () => {
  const models = {
    N: model({
      status: choice("draft", "done"),
      price: money({ min: "0" }),
      owner: one("identity.User"),
      day: date(),
      open: bool(),
    }),
  }
  expect(
    mistakesOf(models, [
      logic("near.N")
        .grant("near.user", ["read"], { status: { startsWith: "d" }, price: { gt: "-1" }, open: true })
        .grant("near.user", ["update"], { owner: { $me: "id" }, status: { in: { $claim: "states" } } })
        .grant("near.user", ["delete"], { day: { lt: { $today: -1 } }, price: { lt: 100 }, status: null }),
    ]),
  ).toEqual([])
})

it("a stored value of another service's record is refused, a suggestion is not", () => {
  const models = { N: model({ place: one("far.Place"), a: integer().computed(), s: integer().suggested() }) }
  const mistakes = mistakesOf(models, [
    granted("near.N")
      .compute("a", ["place.height"], () => 1)
      .suggest("s", ["place.height"], () => 1),
  ])
  expect(mistakes).toHaveLength(1)
  expect(mistakes[0]).toContain('the compute of a depends on "place.height", which is in another service')
})

it("unknown paths, states, transitions, actions, numbers and models that nobody is granted are all told at once", () => {
  const models = {
    N: model(
      {
        a: integer().computed(),
        number: sequence("N-{000}-{000}", { period: "a" }),
        late: sequence("L-{00}", { assignedOn: "nothing" }),
        status: states(["open", "closed"], { close: { from: ["opened" as "open"], to: "closed" } }),
      },
      { actions: { act: action(), idle: action() } },
    ),
  }
  expect(
    mistakesOf(models, [
      logic("near.N")
        .compute("a", ["nothing.here"], () => 1)
        .on("act", { by: [], run: () => 1, needs: ["status.x"] })
        .on("idle", { by: ["near.user"] }),
    ]),
  ).toEqual([
    "near.N: nobody is granted anything; add .grant(…), or nobody can ever read it.",
    'near.N: nothing says who may close; add .on("close", { by: […] }).',
    'near.N: the transition close names the state "opened", which status does not have.',
    'near.N: the action idle does nothing; give its .on("idle", …) a run.',
    "near.N: nobody may act; name roles in `by`.",
    'near.N: .on("act") needs "status.x": near.N.status is no relation.',
    'near.N.number: a sequence\'s pattern has {yyyy}, {mm} and exactly one run of zeros, such as "SO-{yyyy}-{00000}".',
    'near.N.number: its period "a" is no date of near.N.',
    'near.N.late is assigned on "nothing", which is no transition of near.N.',
    'near.N: the compute of a depends on "nothing.here": near.N has no field "nothing".',
  ])
})
