/**
 * Which services do not answer, as the program says: who waits for one of them is told when it is back.
 *
 * @module
 */
let away: ReadonlySet<string> = new Set()
const listeners = new Set<() => void>()

/** As the program says now. */
export function noteAway(services: ReadonlySet<string>): void {
  const isBack = [...away].some((service) => !services.has(service))
  away = services
  if (isBack) for (const listener of listeners) listener()
}

/** @returns what ends it */
export function onBack(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
