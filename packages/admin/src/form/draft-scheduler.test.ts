import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { DRAFT_DEADLINE_MS, DraftScheduler, paceMs } from "./draft-scheduler.ts"

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function watched() {
  const questions: { readonly signal: AbortSignal; answer(value: string): void; refuse(error: unknown): void }[] = []
  const answers: { readonly answer: string; readonly isCurrent: boolean }[] = []
  const failures: unknown[] = []
  const scheduler = new DraftScheduler<string>({
    ask: (signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      signal.addEventListener("abort", () => reject(signal.reason))
      questions.push({ signal, answer: resolve, refuse: reject })
      return promise
    },
    answered: (answer, isCurrent) => answers.push({ answer, isCurrent }),
    failed: (error) => failures.push(error),
  })
  return { scheduler, questions, answers, failures }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe("questions to the service", () => {
  test("many keystrokes are one question", async () => {
    const { scheduler, questions } = watched()
    for (let i = 0; i < 50; i++) {
      scheduler.changed("typing")
      await pass(150)
    }
    expect(questions).toHaveLength(0)
    await pass(paceMs.typing)
    expect(questions).toHaveLength(1)
  })

  test("leaving a line asks at once, and typing on does not put it off", async () => {
    const { scheduler, questions } = watched()
    scheduler.changed("typing")
    scheduler.changed("settled")
    await pass(paceMs.settled)
    expect(questions).toHaveLength(1)
  })

  test("there is one at a time; what changed during it is asked about afterwards, once", async () => {
    const { scheduler, questions, answers } = watched()
    scheduler.changed("settled")
    await pass(paceMs.settled)
    for (let i = 0; i < 5; i++) {
      scheduler.changed("settled")
      await pass(paceMs.settled)
    }
    expect(questions).toHaveLength(1)
    questions[0]?.answer("first")
    await pass(paceMs.settled)
    expect(answers).toEqual([{ answer: "first", isCurrent: false }])
    expect(questions).toHaveLength(2)
    questions[1]?.answer("second")
    await pass(5_000)
    expect(answers[1]).toEqual({ answer: "second", isCurrent: true })
    expect(questions).toHaveLength(2)
    expect(scheduler.isPending).toBe(false)
  })

  test("an answer after the form was saved changes nothing", async () => {
    const { scheduler, questions, answers, failures } = watched()
    scheduler.changed("settled")
    await pass(paceMs.settled)
    scheduler.reset()
    questions[0]?.answer("late")
    await pass(1_000)
    expect(answers).toEqual([])
    expect(failures).toEqual([])
    expect(scheduler.isPending).toBe(false)
  })

  test("one without an answer is given up, and the next change asks again", async () => {
    const { scheduler, questions, failures } = watched()
    scheduler.changed("settled")
    await pass(paceMs.settled + DRAFT_DEADLINE_MS)
    expect(failures).toHaveLength(1)
    scheduler.changed("settled")
    await pass(paceMs.settled)
    expect(questions).toHaveLength(2)
  })
})
