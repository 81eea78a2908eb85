/**
 * When a form asks what the service would make of it: rarely enough for the service, soon enough for whoever types, and never in the way.
 *
 * @module
 */

/** What of a form was changed last: the longer somebody is likely to go on, the longer we wait. */
export type Pace = "typing" | "settled"

/** Milliseconds until the service is asked after the last change. */
export const paceMs: Readonly<Record<Pace, number>> = {
  /** Within a line or a text. At 100 to 400 ms a keystroke a line is entered without a question in between. */
  typing: 700,
  /** A line or field was left, a line added or deleted, a value chosen. */
  settled: 60,
}

/** An answer that takes longer is given up; the next change asks again. */
export const DRAFT_DEADLINE_MS = 10_000

export interface Drafting<Answer> {
  /** Asks for the form as it is now. */
  readonly ask: (signal: AbortSignal) => Promise<Answer>
  /** @param isCurrent Whether nothing was changed since the question. */
  readonly answered: (answer: Answer, isCurrent: boolean) => void
  readonly failed: (error: unknown) => void
}

/**
 * Asks one question at a time; changes during one are asked about together after it. Answers therefore come in order, and none is older
 * than what is shown.
 */
export class DraftScheduler<Answer> {
  readonly #drafting: Drafting<Answer>
  #timer: ReturnType<typeof setTimeout> | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #flight: AbortController | undefined
  #isStale = false
  #isClosed = false

  constructor(drafting: Drafting<Answer>) {
    this.#drafting = drafting
  }

  /** Whether what the service said is of the form as it is now. */
  get isPending(): boolean {
    return this.#isStale || this.#flight !== undefined
  }

  /** Something changed. */
  changed(pace: Pace): void {
    if (this.#isClosed) return
    this.#isStale = true
    this.#plan(paceMs[pace], pace === "settled")
  }

  /** Nothing is left to be asked about: the form was saved, or its changes given up. */
  reset(): void {
    this.#isStale = false
    this.#dueAt = Number.POSITIVE_INFINITY
    clearTimeout(this.#timer)
    this.#flight?.abort()
    this.#flight = undefined
  }

  close(): void {
    this.#isClosed = true
    this.reset()
  }

  /** @param hastens Whether an earlier plan may not be put off by this one. */
  #plan(delayMs: number, hastens: boolean): void {
    const due = performance.now() + delayMs
    if (hastens && due >= this.#dueAt) return
    this.#dueAt = due
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#ask(), delayMs)
  }

  async #ask(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY
    // What is due while a question is out is asked when that one is answered.
    if (this.#flight !== undefined || !this.#isStale) return
    const flight = new AbortController()
    const deadline = setTimeout(
      () => flight.abort(new DOMException("The draft took too long.", "TimeoutError")),
      DRAFT_DEADLINE_MS,
    )
    this.#flight = flight
    this.#isStale = false
    try {
      const answer = await this.#drafting.ask(flight.signal)
      if (this.#flight !== flight) return
      this.#flight = undefined
      this.#drafting.answered(answer, !this.#isStale)
    } catch (error) {
      if (this.#flight !== flight) return
      this.#flight = undefined
      this.#drafting.failed(error)
    } finally {
      clearTimeout(deadline)
    }
    if (this.#isStale && this.#dueAt === Number.POSITIVE_INFINITY) this.#plan(paceMs.settled, true)
  }
}
