/**
 * Tells the views that records of a collection changed here, so that what they show is asked for again.
 *
 * @module
 */
type Listener = (collection: string) => void

const listeners = new Set<Listener>()

export function noteChange(collection: string): void {
  for (const listener of listeners) listener(collection)
}

/** @returns what ends it */
export function onChange(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
