/**
 * The mirrors of a service while it runs.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import { ArchipelError, type ServiceDefinition } from "@archipel/core"
import type { Database, KeptAsOf } from "@archipel/data"
import { neighbourOf } from "../compose.ts"
import type { Log } from "../log.ts"
import type { Neighbours } from "../neighbour.ts"
import { MAX_POLL_MS, MIN_POLL_MS } from "./exchange.ts"
import { type Following, followOwner, isRefusal } from "./follow-owner.ts"

/** A mirror, as it stands. */
export interface MirrorState {
  /** "crm.Customer". */
  readonly model: string
  /** The instant of the owner's records that are all here, ISO 8601; null until all of them have come once. */
  readonly asOf: string | null
  /** Seconds since then; since this process began, where it is null. */
  readonly lagSeconds: number
  /** The code of what keeps this process from following, if anything does. */
  readonly error: string | null
}

export interface Mirrors {
  states(): readonly MirrorState[]
  /** Of what instant these are. @throws `service.mirror_not_ready` if one has not come yet */
  asOf(models: Iterable<string>): readonly KeptAsOf[]
  /** Begins to follow the owners. */
  start(): void
  /** Answers when all that the owners had committed before is here. @throws what keeps it from coming within 20 s */
  caughtUp(): Promise<void>
  /** Ends what is under way. Bounded by the deadline of a page. */
  close(): Promise<void>
}

export interface MirrorsOptions {
  readonly definition: ServiceDefinition
  readonly database: Database
  readonly neighbours: Neighbours
  readonly pollMs: number
  readonly now: () => Date
  readonly log?: Pick<Log, "error" | "info">
}

/** Between attempts while something is in the way; it doubles up to here, so that following begins again within 5 s. */
const MAX_PAUSE_MS = 2_500
const CATCH_UP_MS = 20_000
const RETRY_AFTER_SECONDS = 1

const codeOf = (error: unknown): string => (error instanceof ArchipelError ? error.code : "internal")

/** One owner that is followed, round after round. */
interface Follower {
  readonly models: readonly string[]
  readonly following: Following
  error: unknown
  /** A round after those under way. */
  round(): Promise<"current" | "more" | "elsewhere" | "failed">
  /** Answers when none is under way. */
  idle(): Promise<unknown>
}

export function createMirrors(options: MirrorsOptions): Mirrors {
  const { definition, database, neighbours, pollMs, now, log } = options
  const { name: service, mirrors } = definition
  // Most services mirror nothing, and then nobody asks for the time.
  const began = mirrors.kept.length === 0 ? 0 : now().getTime()
  const closing = new AbortController()
  const { signal } = closing

  const followers = [...Map.groupBy(mirrors.kept, ({ model }) => model.service)].map(([owner, kept]): Follower => {
    const neighbour = () => neighbourOf(neighbours, owner)
    const following = followOwner({ service, owner, kept, database, neighbour, now })
    let last: Promise<unknown> = Promise.resolve()
    const note = (error: unknown): void => {
      const [before, after] = [follower.error, error].map((each) => each && codeOf(each))
      follower.error = error
      if (before === after || signal.aborted) return
      if (error === undefined) log?.info("a mirror follows again", { service, owner })
      else
        log?.error(isRefusal(error) ? "a mirror is refused by its owner" : "a mirror does not follow", error, {
          service,
          owner,
        })
    }
    const run = async () => {
      try {
        const ended = await following.follow(signal)
        note(undefined)
        return ended
      } catch (error) {
        note(error)
        return "failed"
      }
    }
    const follower: Follower = {
      models: mirrors.models.filter((model) => model.startsWith(`${owner}.`)),
      following,
      error: undefined,
      round() {
        const next = last.then(run)
        last = next
        return next
      },
      idle: () => last,
    }
    return follower
  })

  const pause = (ms: number): Promise<void> =>
    delay(ms, undefined, { signal, ref: false }).then(
      () => {},
      () => {},
    )
  const keepFollowing = async ({ round }: Follower): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      const ended = await round()
      failures = ended === "failed" ? failures + 1 : 0
      if (ended !== "more") await pause(Math.max(pollMs, Math.min(MAX_PAUSE_MS, pollMs * 2 ** failures)))
    }
  }
  let running: Promise<unknown> = Promise.resolve()

  const states = (): readonly MirrorState[] =>
    followers.flatMap(({ models, following: { state }, error }) =>
      models.map((model) => ({
        model,
        asOf: state.asOf,
        lagSeconds: Math.max(0, now().getTime() - (state.asOf === null ? began : Date.parse(state.asOf))) / 1_000,
        error: error === undefined ? null : codeOf(error),
      })),
    )
  return {
    states,
    asOf(models) {
      const known = new Map(states().map((state) => [state.model, state.asOf]))
      return [...models].map((model) => {
        const asOf = known.get(model)
        if (asOf == null)
          throw new ArchipelError("service.mirror_not_ready", { model, retryAfterSeconds: RETRY_AFTER_SECONDS })
        return { model, asOf }
      })
    },
    start() {
      running = Promise.all(followers.map(keepFollowing))
    },
    async caughtUp() {
      const until = performance.now() + CATCH_UP_MS
      await Promise.all(
        followers.map(async (follower) => {
          while ((await follower.round()) !== "current") {
            if (signal.aborted || performance.now() > until)
              throw follower.error ?? new ArchipelError("deadline.exceeded", { deadlineMs: CATCH_UP_MS })
            await pause(20)
          }
        }),
      )
    },
    async close() {
      closing.abort(new ArchipelError("service.unavailable", { service, retryAfterSeconds: RETRY_AFTER_SECONDS }))
      await Promise.all([running, ...followers.map(({ idle }) => idle())])
    },
  }
}

/** What `ARCHIPEL_MIRROR_POLL_MS` says: how often owners are asked for changes. */
export function mirrorPollMs(env: Readonly<Record<string, string | undefined>>): number {
  const text = env["ARCHIPEL_MIRROR_POLL_MS"] || String(DEFAULT_POLL_MS)
  const ms = Number(text)
  if (Number.isSafeInteger(ms) && ms >= MIN_POLL_MS && ms <= MAX_POLL_MS) return ms
  throw new ArchipelError("program.misconfigured", {
    mistakes: [`ARCHIPEL_MIRROR_POLL_MS is "${text}", but takes milliseconds from ${MIN_POLL_MS} to ${MAX_POLL_MS}.`],
  })
}

const DEFAULT_POLL_MS = 1_000
