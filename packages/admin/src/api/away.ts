/**
 * Which services do not answer, as the program says. What the admin asks for by itself (descriptions, titles) is not asked of them: a
 * service that is slow would keep the few connections of a browser from everybody else. What people do is asked in any case.
 *
 * @module
 */
let away: ReadonlySet<string> = new Set()
const listeners = new Set<() => void>()

/** As the program says now. Tells who waits when a service is back. */
export function noteAway(services: ReadonlySet<string>): void {
  const isBack = [...away].some((service) => !services.has(service))
  away = services
  if (isBack) for (const listener of listeners) listener()
}

/** @param path "/api/sales/…" */
export const isAway = (path: string): boolean => away.has(path.split("/", 3)[2] ?? "")

/** @returns what ends it */
export function onBack(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
