/**
 * Writes that wait at the same time, in one transaction.
 *
 * A commit costs more than most statements: its own entries in the log, the wait for the disk, the waking up of whoever waits. While
 * as many transactions are on their way as pay off, what else is to be written waits, and then goes together: like a group commit, with
 * one commit for all of the group. None is told that it is done before that is committed. If one of them fails, all are undone, and each
 * is done again by itself; so groups are smaller for a while after that.
 *
 * @module
 */
import type { Item } from "./connection.ts"
import { busy, type SharedLane } from "./lanes.ts"
import { translateFailure } from "./sql-state.ts"
import type { WireQuery } from "./wire/wire-query.ts"

/** Of one transaction: rows that it changes are locked until all of its statements are done. */
const MAX_GROUP = 16
/** A statement with more of them takes its time anyway. */
const MAX_VALUES = 500
const MAX_WAITING = 2_000

/** Runs a statement by itself. */
export type RunAlone = () => Promise<WireQuery>

interface Waiting {
  readonly item: Item
  readonly alone: RunAlone
  readonly resolve: (answer: WireQuery | Promise<WireQuery>) => void
}

export class WriteGroups {
  readonly #lane: SharedLane
  readonly #mostRunning: number
  readonly #waiting: Waiting[] = []
  #running = 0
  #size = MAX_GROUP
  #isPumping = false

  /** @param mostRunning Transactions on their way. */
  constructor(lane: SharedLane, mostRunning: number) {
    this.#lane = lane
    this.#mostRunning = mostRunning
  }

  /**
   * Runs a statement with others, or by itself if nobody waits.
   *
   * @param alone Runs it by itself, and says what it fails for: also after others of its transaction made it come to nothing.
   * @throws `database.busy` if too many wait; what `alone` fails with
   */
  async run(item: Item, alone: RunAlone): Promise<WireQuery> {
    if (item.values.length > MAX_VALUES) return alone()
    if (this.#waiting.length >= MAX_WAITING) throw busy()
    return new Promise((resolve) => {
      this.#waiting.push({ item, alone, resolve })
      if (this.#isPumping) return
      this.#isPumping = true
      // After the events of this turn, so that whatever they write is one group.
      setImmediate(() => {
        this.#isPumping = false
        this.#pump()
      })
    })
  }

  get isIdle(): boolean {
    return this.#running === 0 && this.#waiting.length === 0
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#running < this.#mostRunning) {
      // Shared out among all that have nothing to do, so that few that come at the same time do not wait for each other.
      const share = Math.ceil(this.#waiting.length / (this.#mostRunning - this.#running))
      this.#running++
      void this.#send(this.#waiting.splice(0, Math.min(share, this.#size))).finally(() => {
        this.#running--
        this.#pump()
      })
    }
  }

  /** Never fails: what fails is told to those who wait. */
  async #send(group: readonly Waiting[]): Promise<void> {
    const [first] = group
    if (group.length === 1 && first) {
      const answer = first.alone()
      first.resolve(answer)
      await answer.catch(() => {})
      return
    }
    const items = group.map(({ item }) => item)
    const answers = await this.#lane
      .use((connection) => connection.runTogether(items).finally(() => connection.trimPrepared()))
      .catch((error: unknown) => translateFailure(error) as Error)
    if (answers instanceof Error) {
      for (const { resolve } of group) resolve(Promise.reject(answers))
      return
    }
    this.#size = answers ? Math.min(MAX_GROUP, this.#size + 1) : Math.max(1, this.#size >> 1)
    for (const [i, { resolve, alone }] of group.entries()) resolve(answers?.[i] ?? alone())
  }
}
