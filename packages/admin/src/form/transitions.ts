import type { UiModel, UiTransition } from "../metadata/model.ts"
import { toneOf } from "../metadata/tones.ts"

/** A transition or action as the form offers it. */
export interface Offered {
  readonly name: string
  readonly label: string
  readonly hasInput: boolean
  /** In which states it is possible: told where the record is in another. */
  readonly from: readonly string[] | undefined
  readonly isPossible: boolean
  /** The state would allow it, and the rules do not. */
  readonly isRefused: boolean
  /** Leads somewhere bad: never the first choice. */
  readonly isNegative: boolean
  readonly transition: UiTransition | undefined
}

/** @param can What the service says may be done with the record now; undefined if it does not say. */
export function offeredOf(
  model: UiModel,
  stateOf: (field: string) => unknown,
  can?: readonly string[],
): readonly Offered[] {
  const mayDo = (name: string): boolean => can === undefined || can.includes(name)
  const transitions = Object.entries(model.transitions).map(
    ([name, transition]): Offered => ({
      name,
      label: transition.label,
      hasInput: Object.keys(transition.input).length > 0,
      from: transition.from,
      isPossible: transition.from.includes(String(stateOf(transition.field))) && mayDo(name),
      isRefused: transition.from.includes(String(stateOf(transition.field))) && !mayDo(name),
      isNegative: toneOf(model, transition.field, transition.to) === "danger",
      transition,
    }),
  )
  const actions = Object.entries(model.actions).map(
    ([name, { label, input }]): Offered => ({
      name,
      label,
      hasInput: Object.keys(input).length > 0,
      from: undefined,
      isPossible: mayDo(name),
      isRefused: !mayDo(name),
      isNegative: false,
      transition: undefined,
    }),
  )
  return [...transitions, ...actions]
}

/** The transition that leads back from where one led to, and asks for nothing. */
export function inverseOf(model: UiModel, { field, to }: UiTransition, before: string): string | undefined {
  return Object.entries(model.transitions).find(
    ([, back]) =>
      back.field === field &&
      back.to === before &&
      back.from.includes(to) &&
      Object.values(back.input).every((input) => input.required !== true),
  )?.[0]
}
