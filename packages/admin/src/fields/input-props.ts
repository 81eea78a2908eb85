import type { FieldUi } from "../form/field-ui.ts"
import type { ValueMistake } from "../form/field-value.ts"
import type { Pace } from "../form/draft-scheduler.ts"

/** What every input of a field is given. It shows a value, and says what somebody makes of it. */
export interface InputProps {
  readonly field: FieldUi
  readonly id: string
  /** For inputs that have no label beside them. */
  readonly label?: string | undefined
  readonly value: unknown
  /** A typed text that is no value, or not yet. */
  readonly text?: string | undefined
  /** Whether the value is somebody's, and not suggested or stored: what Escape goes back to. */
  readonly isNamed?: boolean
  /** Suggested, not saved yet. */
  readonly isProvisional?: boolean
  readonly isInvalid?: boolean
  readonly isRequired?: boolean
  readonly describedBy?: string | undefined
  /** Whether it gets the focus when it appears. */
  readonly focuses?: boolean | undefined
  /** Within a grid: without a frame, all of it selected at first. */
  readonly isCell?: boolean
  /** @param value `undefined` leaves it to the service. */
  readonly onValue: (value: unknown, pace: Pace) => void
  readonly onText: (text: string, mistake: ValueMistake | undefined) => void
  /** The input was left. */
  readonly onLeave?: () => void
  /** A value that is being looked for: a save waits for it. */
  readonly onWork?: (work: Promise<unknown>) => void
}

export const ariaOf = ({ label, isInvalid, isRequired, describedBy }: InputProps) => ({
  ...(label === undefined ? {} : { "aria-label": label }),
  ...(isInvalid ? { "aria-invalid": true } : {}),
  ...(isRequired ? { "aria-required": true } : {}),
  ...(describedBy === undefined ? {} : { "aria-describedby": describedBy }),
})
