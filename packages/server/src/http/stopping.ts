import type { StopSignal } from "@archipel/data"

/** The signal of one request. Every request has one and hardly any is stopped, so it costs next to nothing until it is used. */
export class Stopping implements StopSignal {
  #listeners: Set<() => void> | undefined
  #reason: unknown
  aborted = false

  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.#reason
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners?.delete(listener)
  }

  /** Tells all listeners, once. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.#reason = reason
    const listeners = [...(this.#listeners ?? [])]
    this.#listeners = undefined
    for (const listener of listeners) listener()
  }
}
