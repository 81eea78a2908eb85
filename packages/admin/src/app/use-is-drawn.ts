import { useDeferredValue } from "react"

/**
 * False while a component is drawn for the first time. What is beside what somebody came for, or is asked for with it, follows right
 * after that, in its own time.
 */
export const useIsDrawn = (): boolean => useDeferredValue(true, false)
