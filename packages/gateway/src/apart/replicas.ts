/**
 * Which replica of a service gets a request, and when one that has it is left for another.
 *
 * @module
 */
import type { Mesh } from "@archipel/server"
import { createPlaces, type Place, placeOf } from "./places.ts"
import { type ReplicaWatch, watchReplica } from "./replica-watch.ts"
import { NoAnswer } from "./send-to-replica.ts"

/** A request waits so long for a replica to be there, counted from when the last one was lost: longer than one takes to leave its place to the other, also on a busy machine. */
const READY_MS = 2_500
/** One that broke what was sent to it gets no requests for so long, if there are others. */
const BROKEN_MS = 1_000
/** A request that gets no answer for so long makes its replica doubtful. */
const SLOW_MS = 500
/** How often that is seen. */
const LOOK_MS = 250
/** What may not be sent to another is left with a silent one for so long: it may have been done there. */
const HELD_MS = 5_000
/** Of one request, also where nothing of it was sent. */
const MAX_ATTEMPTS = 6
/** Of one request, where a service may have seen it. */
const MAX_SENT = 2

/** One request's way to one replica. */
export interface Way extends Place {
  /** Ends the request; set by who sends it, once it is under way. */
  giveUp: (() => void) | undefined
}

/** How a request is sent to one replica. @throws NoAnswer */
export type SendTo<Answer> = (way: Way) => Promise<Answer>

/** An answer, from a replica that has the request until it is told that it is over. */
export interface Asked<Answer> {
  readonly answer: Answer
  done(): void
}

export interface Asking {
  /** Whether nothing can have been done yet that may not be done again. */
  readonly mayTryAgain: (failure: Pick<NoAnswer, "wasSent">) => boolean
  /** Whether it waits for a service that has no replica just now. */
  readonly mayWait: boolean
}

export interface Replicas {
  /**
   * Asks the one with the fewest requests of those that are there; of equal ones the next in turn. If it does not answer, another one,
   * where nothing can have been done yet.
   *
   * @throws NoAnswer, and what sending throws otherwise
   */
  ask<Answer>(service: string, send: SendTo<Answer>, asking: Asking): Promise<Asked<Answer>>
  close(): void
}

/** A request that has no answer yet. */
interface Held {
  readonly way: Way
  readonly since: number
  readonly mayMove: boolean
}

interface Replica extends Place {
  readonly watch: ReplicaWatch
  readonly held: Set<Held>
  requests: number
  /** When it was taken last, in the order of all. */
  turn: number
}

interface Known {
  /** The list that `replicas` are of. */
  places: readonly string[]
  readonly byPlace: Map<string, Replica>
  readonly waiting: Set<() => void>
}

const ranks = { there: 0, doubtful: 1, gone: 2 } as const

function isBetter(a: Replica, b: Replica): boolean {
  const [aRank, bRank] = [ranks[a.watch.presence], ranks[b.watch.presence]]
  if (aRank !== bRank) return aRank < bRank
  return a.requests === b.requests ? a.turn < b.turn : a.requests < b.requests
}

const isThere = ({ watch }: Replica): boolean => watch.presence === "there"

export function createReplicas(mesh: Pick<Mesh, "addresses" | "agent">): Replicas {
  const services = new Map<string, Known>()
  const places = createPlaces(mesh)
  let turns = 0

  const forget = ({ byPlace }: Known): void => byPlace.forEach(({ watch }) => watch.close())
  const stop = mesh.addresses.onChange(() => {
    const present = new Set(mesh.addresses.services())
    for (const [service, known] of services) {
      // Where it is now is asked by whoever waits for it.
      for (const go of known.waiting) go()
      if (present.has(service)) continue
      forget(known)
      services.delete(service)
    }
  })

  const added = (service: string, place: Place, known: Known): Replica => {
    const come = (presence: string): void => {
      if (presence === "there") for (const go of known.waiting) go()
    }
    const watch = watchReplica(() => mesh.agent(service), place, come)
    return { ...place, watch, held: new Set(), requests: 0, turn: 0 }
  }
  const follow = (service: string, known: Known, now: readonly string[]): void => {
    if (now === known.places || now.join() === known.places.join()) return
    known.places = now
    for (const [place, { watch }] of known.byPlace) {
      if (now.includes(place)) continue
      watch.close()
      known.byPlace.delete(place)
    }
    for (const place of now)
      if (!known.byPlace.has(place)) known.byPlace.set(place, added(service, placeOf(place), known))
  }
  const knownOf = async (service: string): Promise<Known> => {
    const now = places.of(service)
    const given = now instanceof Promise ? await now : now
    let known = services.get(service)
    if (known === undefined) services.set(service, (known = { places: [], byPlace: new Map(), waiting: new Set() }))
    follow(service, known, given)
    return known
  }

  /** @param except The one that was tried before; it is taken again where there is no other. */
  const best = ({ byPlace }: Known, except: Replica | undefined): Replica | undefined => {
    let found: Replica | undefined
    for (const replica of byPlace.values()) {
      if (replica === except || replica.watch.presence === "gone") continue
      if (found === undefined || isBetter(replica, found)) found = replica
    }
    return found
  }
  const come = ({ waiting }: Known, waitMs: number): Promise<void> =>
    new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer)
        waiting.delete(go)
        resolve()
      }
      const timer = setTimeout(go, waitMs)
      waiting.add(go)
    })
  const lostAt = ({ byPlace }: Known): number => Math.max(0, ...[...byPlace.values()].map(({ watch }) => watch.lostAt))
  /** The best of a service; where all are gone, the first that is back in time. */
  const take = async (service: string, except: Replica | undefined, mayWait: boolean): Promise<Replica | undefined> => {
    const known = await knownOf(service)
    const found = best(known, except)
    if (found !== undefined || known.byPlace.size === 0) return found
    const waitMs = mayWait ? lostAt(known) + READY_MS - performance.now() : 0
    if (waitMs <= 0) return undefined
    await come(known, waitMs)
    return best(await knownOf(service), undefined)
  }

  const sendTo = async <Answer>(
    replica: Replica,
    send: SendTo<Answer>,
    { mayTryAgain }: Asking,
  ): Promise<Asked<Answer>> => {
    const { host, port, watch } = replica
    const way: Way = { host, port, giveUp: undefined }
    const held: Held = { way, since: performance.now(), mayMove: mayTryAgain({ wasSent: true }) }
    let isOver = false
    const done = (): void => {
      if (!isOver) replica.requests--
      isOver = true
    }
    replica.requests++
    replica.turn = ++turns
    replica.held.add(held)
    try {
      return { answer: await send(way), done }
    } catch (error) {
      if (error instanceof NoAnswer && error.isReplicas) {
        if (error.wasSent) watch.lost("doubtful", BROKEN_MS)
        else watch.lost(error.isSilence ? "doubtful" : "gone")
      }
      done()
      throw error
    } finally {
      replica.held.delete(held)
    }
  }

  /** Doubts whoever is slow to answer, and takes from who is silent what another one can answer. */
  const look = (known: Known): void => {
    const nowMs = performance.now()
    const all = [...known.byPlace.values()]
    for (const { watch, held } of all) {
      const [oldest] = held
      if (oldest === undefined || nowMs - oldest.since < SLOW_MS) continue
      if (watch.presence === "there") watch.doubt()
      // One that is gone ends what it has, or its connections break; with nobody else to ask, one that is silent may yet answer.
      else if (watch.presence === "doubtful" && all.some(isThere))
        for (const { way, mayMove } of held) if (mayMove || nowMs - watch.lostAt >= HELD_MS) way.giveUp?.()
    }
  }
  const looking = setInterval(() => services.forEach(look), LOOK_MS).unref()

  return {
    async ask(service, send, asking) {
      let except: Replica | undefined
      let failure: NoAnswer | undefined
      let sent = 0
      for (let n = 0; n < MAX_ATTEMPTS; n++) {
        const replica = await take(service, except, asking.mayWait)
        if (replica === undefined) break
        try {
          return await sendTo(replica, send, asking)
        } catch (error) {
          if (!(error instanceof NoAnswer) || !asking.mayTryAgain(error)) throw error
          failure = error
          if (error.wasSent && ++sent === MAX_SENT) break
          // Of one replica alone a connection may have ended just now, and the next one not.
          except = error.isReplicas ? replica : undefined
          if (error.wasSent && error.isReplicas && best(await knownOf(service), replica) === undefined) break
        }
      }
      throw failure ?? new NoAnswer("There is no replica.", { wasSent: false, isReplicas: false })
    },
    close() {
      stop()
      clearInterval(looking)
      services.forEach(forget)
      services.clear()
    },
  }
}
