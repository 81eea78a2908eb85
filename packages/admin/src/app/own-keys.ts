import { useLayoutEffect, useMemo } from "react"
import { type KeyBindings, readBindings } from "./keys.ts"
import { useOwnSetting } from "./own-settings.ts"
import { bindKeys } from "./shortcuts.ts"

const none: KeyBindings = {}

/** The keys that somebody gave to shortcuts, and what changes them. */
export function useOwnKeys(): readonly [KeyBindings, (bindings: KeyBindings) => Promise<void>] {
  const [value, change] = useOwnSetting("admin.keys", none)
  const bindings = useMemo(() => readBindings(value), [value])
  useLayoutEffect(() => bindKeys(bindings), [bindings])
  return [bindings, change]
}
