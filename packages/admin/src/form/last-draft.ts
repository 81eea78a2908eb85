/** So long an answer stands for the same question: prices and whatever else it was made of change meanwhile. */
const FRESH_MS = 10_000

/** The question that was answered last, which need not be asked again: a line that is still blank, for one, adds nothing to it. */
export class LastDraft<Answer> {
  #question: string | undefined
  #answer: Answer | undefined
  #answeredAt = 0

  /** @param ask Is asked what was not just answered. */
  async of(question: object, ask: () => Promise<Answer>): Promise<Answer> {
    const words = JSON.stringify(question)
    if (words === this.#question && performance.now() - this.#answeredAt < FRESH_MS) return this.#answer as Answer
    this.#question = undefined
    this.#answer = await ask()
    this.#question = words
    this.#answeredAt = performance.now()
    return this.#answer
  }

  forget(): void {
    this.#question = undefined
  }
}
