import { useSyncExternalStore } from "react"

/**
 * What a person chose for this browser: colours, density, and the layout of lists. Kept in the browser under "archipel."; it is no
 * metadata, so nothing of a service changes with it.
 *
 * @module
 */

const PREFIX = "archipel."
const listeners = new Map<string, Set<() => void>>()
const cached = new Map<string, { readonly text: string | null; readonly value: unknown }>()

function textOf(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name)
  } catch {
    return null
  }
}

/** @returns the same object as long as nothing else was kept */
export function preference<T>(name: string, otherwise: T): T {
  const text = textOf(name)
  const before = cached.get(name)
  if (before !== undefined && before.text === text) return before.value as T
  let value: unknown = otherwise
  try {
    if (text !== null) value = JSON.parse(text)
  } catch {
    value = otherwise
  }
  cached.set(name, { text, value })
  return value as T
}

export function keepPreference(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name)
    else localStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // A browser that keeps nothing: the choice holds until the page is left.
    cached.set(name, { text: textOf(name), value })
  }
  for (const listener of listeners.get(name) ?? []) listener()
}

/** A kept choice, and what changes it everywhere it is used. `otherwise` must be the same object at each call. */
export function usePreference<T>(name: string, otherwise: T): readonly [T, (value: T | undefined) => void] {
  const subscribe = (listener: () => void): (() => void) => {
    let all = listeners.get(name)
    if (!all) listeners.set(name, (all = new Set()))
    all.add(listener)
    return () => all.delete(listener)
  }
  const value = useSyncExternalStore(subscribe, () => preference(name, otherwise))
  return [value, (next) => keepPreference(name, next)]
}
