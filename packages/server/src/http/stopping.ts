import type { StopSignal } from "@archipel/data"

/** The signal of one request. Every request has one and hardly any is stopped, so it costs next to nothing until it is used. */
export class Stopping implements StopSignal {
  readonly #listeners: (() => void)[] = []
  #reason: unknown
  aborted = false

  get reason(): unknown {
    return this.#reason
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.#reason
  }

  addEventListener(_type: "abort", listener: () => void): void {
    if (!this.#listeners.includes(listener)) this.#listeners.push(listener)
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners.lastIndexOf(listener)
    if (at >= 0) this.#listeners.splice(at, 1)
  }

  /** Tells all listeners, once. */
  abort(reason: unknown): void {
    if (this.aborted) return
    this.aborted = true
    this.#reason = reason
    for (const listener of this.#listeners.splice(0)) listener()
  }
}
