import { describe, expect, test } from "vitest"
import {
  action,
  bool,
  choice,
  contract,
  date,
  decimal,
  email,
  integer,
  longText,
  many,
  manyToMany,
  model,
  money,
  one,
  sequence,
  states,
  text,
} from "../index.ts"
import type { ContractDefinition } from "../index.ts"
import { compareContracts } from "./compare-contracts.ts"

type Parts = Parameters<typeof model>[0]
type Options = Parameters<typeof model>[1]

/** A contract of one model. It is another one each time, so nothing of it is registered under a name that somebody uses. */
const depot = (members: Parts, options?: Options, roles: readonly string[] = ["user"]): ContractDefinition =>
  contract("depot", { roles, models: { Box: model({ name: text(), ...members }, options) } }).definition

const said = (older: ContractDefinition, newer: ContractDefinition): string[] =>
  compareContracts(older, newer).map(({ kind, words, breaking }) => `${breaking ? "!" : " "} ${kind}: ${words}`)

const changes: readonly (readonly [string, Parts, Parts, readonly string[]])[] = [
  ["an added field", {}, { size: integer().optional() }, ["  member.added: depot.Box.size is new."]],
  [
    "an added required field",
    {},
    { size: integer() },
    ["! member.required: depot.Box.size is new, and records cannot be created without it."],
  ],
  ["an added field with a default", {}, { size: integer().default(1) }, ["  member.added: depot.Box.size is new."]],
  ["a removed field", { size: integer() }, {}, ["! member.removed: depot.Box.size was removed."]],
  [
    "another name",
    { size: integer().optional() },
    { width: integer().optional() },
    [
      '! member.removed: depot.Box.size was removed; "width", which is new, is like it: on the wire a new name is another field.',
      "  member.added: depot.Box.width is new.",
    ],
  ],
  [
    "another type",
    { size: integer() },
    { size: text() },
    ["! member.type: depot.Box.size was integer and is text now."],
  ],
  [
    "a number that becomes a string",
    { size: integer() },
    { size: decimal() },
    ["! member.type: depot.Box.size was integer and is decimal now."],
  ],
  [
    "another currency",
    { price: money() },
    { price: money({ currency: "USD" }) },
    ["! member.type: depot.Box.price was money in EUR and is money in USD now."],
  ],
  [
    "texts of another kind",
    { code: text({ maxLength: 100_000 }) },
    { code: longText() },
    ["! member.narrowed: depot.Box.code was text and is longText, which takes and sorts differently."],
  ],
  [
    "another target",
    { box: one("depot.Box") },
    { box: one("depot.Rack") },
    ["! member.type: depot.Box.box was a reference to depot.Box and is a reference to depot.Rack now."],
  ],
  [
    "a reference that becomes a list",
    { box: one("depot.Box") },
    { box: manyToMany("depot.Box") },
    ["! member.type: depot.Box.box was a reference to depot.Box and is a list of depot.Box now."],
  ],
  [
    "lines that are no lines any more",
    { boxes: many("depot.Box", "box").owned() },
    { boxes: many("depot.Box", "box") },
    ["! member.closed: depot.Box.boxes is not written by clients any more."],
  ],
  [
    "a field that may be empty",
    { size: integer().default(0) },
    { size: integer().optional() },
    ["! member.emptied: depot.Box.size may be empty now."],
  ],
  [
    "a field that must be given",
    { size: integer().optional() },
    { size: integer() },
    ["! member.required: depot.Box.size has to be given now."],
  ],
  [
    "a default that is gone",
    { size: integer().default(0) },
    { size: integer() },
    ["! member.required: depot.Box.size has to be given now."],
  ],
  [
    "a field that is computed now",
    { size: integer().default(0) },
    { size: integer().computed() },
    ["! member.closed: depot.Box.size is not written by clients any more."],
  ],
  [
    "a field that may be written now",
    { size: integer().computed() },
    { size: integer().default(0) },
    ["  member.widened: depot.Box.size may be written by clients now."],
  ],
  [
    "other values",
    { kind: choice("a", "b") },
    { kind: choice("b", "c") },
    ['! member.values: depot.Box.kind has no value "a" any more.', '  member.widened: depot.Box.kind may also be "c".'],
  ],
  [
    "a smaller bound",
    { size: integer({ min: 0 }) },
    { size: integer({ min: 2 }) },
    ["! member.narrowed: depot.Box.size takes less: its least value was 0 and is 2."],
  ],
  [
    "a bound that is new",
    { size: integer() },
    { size: integer({ max: 2 }) },
    ["! member.narrowed: depot.Box.size takes less: its greatest value was not bounded and is 2."],
  ],
  [
    "a bound that is gone",
    { size: decimal({ max: "9.5" }) },
    { size: decimal() },
    ["  member.widened: depot.Box.size takes more: its greatest value was 9.5 and is not bounded."],
  ],
  ["a bound that is the same number", { size: decimal({ max: "9.5" }) }, { size: decimal({ max: "9.50" }) }, []],
  [
    "shorter texts",
    { mail: email() },
    { mail: email().unique() },
    ["! member.narrowed: depot.Box.mail has to be unique now."],
  ],
  ["what nobody sees", { size: integer() }, { size: integer().label("Grösse").column("s").index().tracked() }, []],
]

describe("two versions of a contract", () => {
  test.each(changes)("%s", (_name, older, newer, expected) => {
    expect(said(depot(older), depot(newer))).toEqual(expected)
  })

  test("that are equal differ in nothing", () => {
    const members = { number: sequence("B-{0000}"), on: date(), ok: bool(), box: one("depot.Box").optional() }
    expect(said(depot(members), depot(members))).toEqual([])
  })

  test("models and roles come and go", () => {
    const older = contract("depot", { roles: ["user", "clerk"], models: { Box: model({ name: text() }) } }).definition
    const newer = contract("depot", { roles: ["user", "boss"], models: { Rack: model({ name: text() }) } }).definition
    expect(said(older, newer)).toEqual([
      "! model.removed: depot.Box was removed.",
      "  model.added: depot.Rack is new.",
      "  role.added: depot.boss is new.",
      "! role.removed: depot.clerk was removed: whoever has it may do nothing by it.",
    ])
  })

  test("addresses, unique keys and checks are part of it", () => {
    const older = depot({ size: integer() })
    const newer = depot({ size: integer() }, {
      plural: "cartons",
      unique: [["name"]],
      checks: { "box.size": { name: "x" } },
    } as Options)
    expect(said(older, newer)).toEqual([
      "! model.address: depot.Box was at /boxes and is at /cartons now.",
      "! model.rule: depot.Box has to be unique by name now.",
      '! model.rule: depot.Box has another check now, "box.size".',
    ])
  })

  test("transitions and actions are understood as before, or said", () => {
    const older = depot(
      {
        state: states(["open", "shut", "lost"], {
          close: { from: ["open", "lost"], to: "shut" },
          lose: { from: ["open"], to: "lost" },
        }),
      },
      { actions: { weigh: action({ unit: text().optional() }, { grams: integer(), when: date() }), burn: action() } },
    )
    const newer = depot(
      { state: states(["open", "shut", "lost"], { close: { from: ["open"], to: "shut", input: { why: text() } } }) },
      { actions: { weigh: action({ unit: text(), by: text().optional() }, { grams: decimal() }), paint: action() } },
    )
    expect(said(older, newer)).toEqual([
      "! call.removed: depot.Box.$burn was removed.",
      '! call.changed: depot.Box.$close takes "why" now, and cannot do without.',
      "! call.changed: depot.Box.$close does not start from lost any more.",
      "! call.removed: depot.Box.$lose was removed.",
      "  call.added: depot.Box.$paint is new.",
      '! call.changed: depot.Box.$weigh takes "unit", which has to be given now.',
      '  call.widened: depot.Box.$weigh may take "by".',
      '! call.changed: depot.Box.$weigh answers "grams" as decimal now.',
      '! call.changed: depot.Box.$weigh answers no "when" any more.',
    ])
  })
})
