/**
 * Follows one other service: asks for what changed there, and writes it here.
 *
 * @module
 */
import { ArchipelError, type KeptModel, systemPrincipal } from "@archipel/core"
import {
  type Database,
  forgetKept,
  type Keeping,
  keepingOf,
  keepingState,
  type KeepingState,
  keepRecords,
  moveKeeping,
  type StopSignal,
  whileKeeping,
} from "@archipel/data"
import { NO_TRACE } from "../db-of.ts"
import type { Neighbour } from "../neighbour.ts"
import { type MirrorAnswer, mirrorLimits, type MirrorRequest } from "./exchange.ts"

export interface FollowOptions {
  /** The service that keeps. */
  readonly service: string
  readonly owner: string
  readonly kept: readonly KeptModel[]
  readonly database: Database
  /** The owner; it may come and go. */
  readonly neighbour: () => Neighbour
  readonly now: () => Date
}

/** How a round ended: with everything here, with more to come, or at the hands of another process. */
export type Round = "current" | "more" | "elsewhere"

export interface Following {
  /** As it was last seen in the database. */
  readonly state: KeepingState
  /** One round, of 100,000 records at most. @throws what the owner or the database answers; all pages before it are kept */
  follow(signal: StopSignal): Promise<Round>
}

/** Pages of a round. */
const MAX_PAGES = 200
/** One page, the owner's answer included: longer than a call to another service may take. */
const PAGE_DEADLINE_MS = 15_000

/** The owner does not let this service read what it wants to keep, or has no such thing any more. */
const REFUSALS: ReadonlySet<string> = new Set(["access.denied", "query.unknown_model", "query.unknown_field"])
export const isRefusal = (error: unknown): boolean => error instanceof ArchipelError && REFUSALS.has(error.code)
const isTooLarge = (error: unknown): boolean =>
  error instanceof ArchipelError && error.code === "service.answer_too_large"

const itself = systemPrincipal("a mirror")

/** @throws TypeError for what was not asked for */
function assertAnswer({ parts, cursor, isCurrent }: MirrorAnswer, { models, limit }: MirrorRequest): void {
  const known = new Set(models.map(({ model }) => model))
  const isFit =
    Array.isArray(parts) &&
    typeof cursor === "string" &&
    cursor.length <= mirrorLimits.cursor &&
    typeof isCurrent === "boolean" &&
    parts.every(({ model, records, gone }) => known.has(model) && Array.isArray(records) && Array.isArray(gone)) &&
    parts.reduce((sum, { records, gone }) => sum + records.length + gone.length, 0) <= limit
  if (!isFit) throw new TypeError("The answer is not of the form that was asked for.")
}

export function followOwner({ service, owner, kept, database, neighbour, now }: FollowOptions): Following {
  const byName = new Map(kept.map((each) => [each.model.name, each]))
  const models = kept.map(({ model, columns }) => ({ model: model.name, fields: columns.map(({ name }) => name) }))
  let keeping: Keeping | undefined
  let state: KeepingState = { cursor: null, asOf: null }
  let limit: number = mirrorLimits.records

  /** @returns undefined if another process is at it */
  const page = (known: Keeping, signal: StopSignal): Promise<boolean | undefined> =>
    whileKeeping(
      database,
      known,
      async (tx) => {
        const before = await keepingState(tx, known, "move")
        const asked = now().toISOString()
        const request: MirrorRequest = { models, cursor: before.cursor, limit }
        const answer = await neighbour().mirror(itself, request, { traceId: NO_TRACE, signal })
        assertAnswer(answer, request)
        const { parts, cursor, isCurrent } = answer
        await Promise.all(parts.map(({ model, ...part }) => keepRecords(tx, byName.get(model) as KeptModel, part)))
        state = { cursor, asOf: isCurrent ? asked : before.asOf }
        await moveKeeping(tx, known, state)
        return isCurrent
      },
      { signal, deadlineMs: PAGE_DEADLINE_MS },
    )

  /** What the owner takes back is not kept. */
  const forget = async (known: Keeping, signal: StopSignal): Promise<void> => {
    const options = { signal, deadlineMs: PAGE_DEADLINE_MS }
    await whileKeeping(database, known, (tx) => forgetKept(tx, known), options)
    state = await keepingState(database, known)
  }

  return {
    get state() {
      return state
    },
    async follow(signal) {
      keeping ??= await keepingOf(database, service, owner, kept)
      for (let n = 0; n < MAX_PAGES; n++) {
        try {
          const isCurrent = await page(keeping, signal)
          if (isCurrent) return "current"
          if (isCurrent === undefined) {
            state = await keepingState(database, keeping)
            return "elsewhere"
          }
        } catch (error) {
          if (isTooLarge(error) && limit > 1) limit = Math.ceil(limit / 2)
          else {
            // Of what failed, nothing was written.
            state = await keepingState(database, keeping).catch(() => state)
            if (isRefusal(error) && state.cursor !== null) await forget(keeping, signal)
            throw error
          }
        }
      }
      return "more"
    },
  }
}
