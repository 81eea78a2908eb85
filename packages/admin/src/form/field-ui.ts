import type { UiInput, UiMany, UiOne, UiScalar } from "../metadata/model.ts"

type Bounds = Partial<Omit<UiScalar, "type" | "label">> &
  Partial<Omit<UiOne, "type" | "label">> &
  Partial<Omit<UiMany, "type" | "label">>

/** A field or an input, as inputs and displays look at it: what its type has no use for is not there. */
export type FieldUi = Bounds & {
  readonly type: UiScalar["type"] | "one" | "many" | "manyToMany"
  readonly label: string
}

/** What a transition or action asks for, as a field that is written. */
export const fieldOfInput = (input: UiInput): FieldUi =>
  ({ ...input, read: true, create: true, update: true }) as FieldUi
