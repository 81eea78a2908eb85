import { expect, test } from "vitest"
import type { UiModel, UiTransition } from "../metadata/model.ts"
import { inverseOf, offeredOf } from "./transitions.ts"

const to = (from: readonly string[], state: string, input: object = {}) => ({
  field: "status",
  from,
  to: state,
  label: state,
  input,
})
const model = {
  fields: {
    status: {
      type: "states",
      label: "Status",
      values: ["draft", "sent", "cancelled"],
      options: [{ value: "cancelled", label: "Cancelled", tone: "danger" }],
    },
  },
  transitions: {
    send: to(["draft"], "sent"),
    back: to(["sent"], "draft"),
    cancel: to(["draft", "sent"], "cancelled"),
    revive: to(["cancelled"], "draft", { why: { type: "text", label: "Why", required: true } }),
  },
  actions: { copy: { label: "Copy", input: {}, output: {} } },
} as unknown as UiModel

test("what is possible in a state, and what never is the first choice", () => {
  const offered = offeredOf(model, () => "draft")
  expect(offered.filter(({ isPossible }) => isPossible).map(({ name }) => name)).toEqual(["send", "cancel", "copy"])
  expect(offered.filter(({ isNegative }) => isNegative).map(({ name }) => name)).toEqual(["cancel"])
})

test("what the rules refuse is not possible, though the state would allow it", () => {
  const [send, , cancel] = offeredOf(model, () => "draft", ["cancel"])
  expect(send).toMatchObject({ isPossible: false, isRefused: true })
  expect(cancel).toMatchObject({ isPossible: true, isRefused: false })
})

test("a transition is taken back by one that leads back and asks for nothing", () => {
  const { transitions } = model
  expect(inverseOf(model, transitions["send"] as UiTransition, "draft")).toBe("back")
  expect(inverseOf(model, transitions["cancel"] as UiTransition, "draft")).toBeUndefined()
})
