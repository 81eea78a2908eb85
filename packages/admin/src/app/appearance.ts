import { useSyncExternalStore } from "react"

/**
 * Colours and density: attributes of the page that the tokens follow (tokens.css). public/appearance.js sets them before the first paint.
 *
 * @module
 */

export const schemes = ["light", "dark", "auto"] as const
export type Scheme = (typeof schemes)[number]
export const densities = ["compact", "comfortable"] as const
export type Density = (typeof densities)[number]

const html = document.documentElement
const dark = matchMedia("(prefers-color-scheme: dark)")
const listeners = new Set<() => void>()

const chosenScheme = (): Scheme => {
  const kept = localStorage.getItem("archipel.scheme")
  return kept === "light" || kept === "dark" ? kept : "auto"
}

function apply(): void {
  const scheme = chosenScheme()
  html.dataset.mantineColorScheme = scheme === "auto" ? (dark.matches ? "dark" : "light") : scheme
  for (const listener of listeners) listener()
}
dark.addEventListener("change", apply)

export function chooseScheme(scheme: Scheme): void {
  localStorage.setItem("archipel.scheme", scheme)
  apply()
}

export function chooseDensity(density: Density): void {
  localStorage.setItem("archipel.density", density)
  html.dataset.density = density
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useScheme = (): Scheme => useSyncExternalStore(subscribe, chosenScheme)
export const useDensity = (): Density =>
  useSyncExternalStore(subscribe, () => (html.dataset.density === "comfortable" ? "comfortable" : "compact"))
