import { ArchipelError } from "@archipel/core"
import type { RequestContext } from "../service-runtime.ts"
import { Stopping } from "./stopping.ts"

const SWEEP_MS = 100
/** What work that ignores its signal gets before its client is answered without it. */
const GRACE_MS = 2_000

/** One request being worked on. */
export class Flight implements RequestContext {
  readonly traceId: string
  readonly signal = new Stopping()
  /** Where `InFlight` has it; -1 when it has not. */
  slot = -1
  #deadline: number
  #giveUp: ((reason: unknown) => void) | undefined

  constructor(traceId: string, deadline: number) {
    this.traceId = traceId
    this.#deadline = deadline
  }

  /** Why the work was stopped from outside, if it was. */
  get stopped(): unknown {
    return this.signal.reason
  }

  stop(reason: unknown): void {
    this.signal.abort(reason)
  }

  /** Moves the deadline to `ms` from now: for what transfers data as long as it flows. */
  extend(ms: number): void {
    this.#deadline = performance.now() + ms
  }

  /** The outcome of `work`, or the reason it was stopped for if it does not end then. */
  outcome<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject
      work.then(resolve, reject)
    })
  }

  expire(now: number): void {
    if (now < this.#deadline) return
    this.stop(new ArchipelError("deadline.exceeded", {}))
    if (now > this.#deadline + GRACE_MS) this.#giveUp?.(this.stopped)
  }
}

/**
 * The requests being worked on, with their deadlines.
 * One timer sweeps them all, since a timer of its own for each would cost more than many requests do: a deadline is kept to 0.1 s.
 */
export class InFlight {
  readonly #flights: Flight[] = []
  #timer: NodeJS.Timeout | undefined

  get size(): number {
    return this.#flights.length
  }

  begin(traceId: string, deadlineMs: number): Flight {
    const flight = new Flight(traceId, performance.now() + deadlineMs)
    flight.slot = this.#flights.push(flight) - 1
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS).unref()
    return flight
  }

  end(flight: Flight): void {
    if (flight.slot < 0) return
    const last = this.#flights.pop() as Flight
    if (last !== flight) {
      last.slot = flight.slot
      this.#flights[flight.slot] = last
    }
    flight.slot = -1
  }

  #sweep(): void {
    const now = performance.now()
    for (const flight of this.#flights) flight.expire(now)
    if (this.#flights.length > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
