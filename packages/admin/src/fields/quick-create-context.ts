import { createContext, type ReactNode } from "react"
import type { UiModel } from "../metadata/model.ts"

export interface QuickCreateProps {
  readonly model: UiModel
  /** What was typed: the new record's name. */
  readonly name: string
  readonly onMade: (id: string) => void
  readonly onClose: () => void
}

/** What makes a record that a reference is to name. It is a form, and forms have inputs: so inputs are given it. */
export const QuickCreateContext = createContext<((props: QuickCreateProps) => ReactNode) | undefined>(undefined)
