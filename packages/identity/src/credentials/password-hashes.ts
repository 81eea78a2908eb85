import { availableParallelism } from "node:os"
import { ArchipelError } from "@archipel/core"
import { hash, parseOptions, verify } from "@node-rs/argon2"
import { normalisePassword, passwordLength } from "./password-policy.ts"

/** argon2id: 19 MiB, two passes, one lane (OWASP's second recommendation, which costs 30 to 60 ms of one core). */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** Each takes a thread of Node's pool of four, which files and names of hosts need as well. */
const MAX_AT_ONCE = Math.min(4, Math.max(1, availableParallelism()))
const MAX_WAITING = 64
const WAIT_MS = 5_000
const RETRY_AFTER_SECONDS = 5

export interface PasswordHashes {
  hash(password: string): Promise<string>
  /** With no hash to compare with, the same work on one that nothing matches. */
  verify(hashed: string | undefined, password: string): Promise<boolean>
  /** Whether it was made with other parameters than today's. */
  isOutdated(hashed: string): boolean
  /** Computations so far. */
  readonly computed: number
}

/**
 * Computes passwords' hashes, few at a time: the rest waits, at most 64 and for at most 5 s, so that guessing takes neither all
 * memory nor the time of everybody else.
 *
 * All methods throw `service.unavailable` when too many wait.
 */
export async function createPasswordHashes(): Promise<PasswordHashes> {
  const nothing = await hash(crypto.randomUUID(), parameters)
  let running = 0
  let computed = 0
  const waiting: { readonly go: () => void; readonly timer: NodeJS.Timeout }[] = []
  const busy = (): ArchipelError =>
    new ArchipelError("service.unavailable", { service: "identity", retryAfterSeconds: RETRY_AFTER_SECONDS })

  const turn = (): Promise<void> => {
    if (running < MAX_AT_ONCE) {
      running++
      return Promise.resolve()
    }
    if (waiting.length >= MAX_WAITING) return Promise.reject(busy())
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(place), 1)
        reject(busy())
      }, WAIT_MS)
      const place = { go: resolve, timer }
      waiting.push(place)
    })
  }
  const compute = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await turn()
    computed++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else {
        clearTimeout(next.timer)
        next.go()
      }
    }
  }
  return {
    hash: (password) => compute(() => hash(normalisePassword(password), parameters)),
    async verify(hashed, password) {
      const isTooLong = [...password].length > passwordLength.most
      const matches = await compute(() => verify(hashed ?? nothing, isTooLong ? "" : normalisePassword(password)))
      return matches && hashed !== undefined && !isTooLong
    },
    isOutdated(hashed) {
      const used = parseOptions(hashed)
      return (Object.keys(parameters) as (keyof typeof parameters)[]).some((name) => used[name] !== parameters[name])
    },
    get computed() {
      return computed
    },
  }
}
