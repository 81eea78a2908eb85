/**
 * Which replica of a service gets a request.
 *
 * @module
 */
import { lookup } from "node:dns/promises"
import { isIP } from "node:net"
import type { Mesh } from "@archipel/server"
import { NoAnswer } from "./send-to-replica.ts"

/** One that could not be reached gets no requests for so long, if there are others. */
const AWAY_MS = 1_000
/** So long is what DNS said of a name believed; what is older serves until there is newer. */
const NAME_MS = 5_000
/** Of a name, more than any service has; the rest is not used. */
const MAX_REPLICAS = 100

/** How a request is sent to one replica. @throws NoAnswer */
export type SendTo<Answer> = (replica: Pick<Taken, "host" | "port">) => Promise<Answer>

/** An answer, from a replica that has the request until it is told that it is over. */
export interface Asked<Answer> {
  readonly answer: Answer
  done(): void
}

/** A replica while a request is with it. */
interface Taken {
  readonly host: string
  readonly port: number
  /** That it could not be reached. */
  failed(): void
  /** That the request is over. */
  done(): void
}

export interface Replicas {
  /**
   * Asks the one with the fewest requests of those that are reachable; of equal ones the next in turn. If it does not answer, another
   * one, once, where `mayTryAgain` says that nothing can have been done yet.
   *
   * @throws NoAnswer, and what sending throws otherwise
   */
  ask<Answer>(
    service: string,
    send: SendTo<Answer>,
    mayTryAgain: (failure: NoAnswer) => boolean,
  ): Promise<Asked<Answer>>
}

interface Replica {
  readonly host: string
  readonly port: number
  requests: number
  awayUntil: number
  /** When it was taken last, in the order of all. */
  turn: number
}

interface Resolved {
  readonly addresses: readonly string[]
  readonly until: number
}

/** @param address "crm:7000", "[::1]:7000" */
function partsOf(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(":")
  return { host: address.slice(0, at).replace(/^\[(.*)\]$/, "$1"), port: Number(address.slice(at + 1)) }
}

export function createReplicas({ addresses }: Pick<Mesh, "addresses">): Replicas {
  const services = new Map<string, Map<string, Replica>>()
  const names = new Map<string, Resolved>()
  const resolving = new Map<string, Promise<void>>()
  let turns = 0

  const resolve = (address: string): Promise<void> => {
    const under = resolving.get(address)
    if (under !== undefined) return under
    const { host, port } = partsOf(address)
    const work = lookup(host, { all: true })
      .then(
        (found) => found.map((each) => (each.family === 6 ? `[${each.address}]:${port}` : `${each.address}:${port}`)),
        // What was known stays; without anything, connecting says what is wrong.
        () => names.get(address)?.addresses ?? [address],
      )
      .then((found) => {
        names.set(address, { addresses: found.slice(0, MAX_REPLICAS), until: Date.now() + NAME_MS })
        resolving.delete(address)
      })
    resolving.set(address, work)
    return work
  }

  const placesOf = async (service: string): Promise<readonly string[]> => {
    const given = addresses.of(service)
    const [only = ""] = given
    const { host } = partsOf(only)
    // One name may stand for many; "localhost" is one machine however many addresses it has.
    if (given.length !== 1 || isIP(host) !== 0 || host === "localhost") return given.slice(0, MAX_REPLICAS)
    const known = names.get(only)
    if (known === undefined) await resolve(only)
    else if (known.until < Date.now()) void resolve(only)
    return names.get(only)?.addresses ?? given
  }

  const replicasOf = (service: string, places: readonly string[]): readonly Replica[] => {
    let known = services.get(service)
    if (known === undefined) services.set(service, (known = new Map()))
    for (const place of known.keys()) if (!places.includes(place)) known.delete(place)
    for (const place of places)
      if (!known.has(place)) known.set(place, { ...partsOf(place), requests: 0, awayUntil: 0, turn: 0 })
    return [...known.values()]
  }

  addresses.onChange(() => {
    const present = new Set(addresses.services())
    for (const service of services.keys()) if (!present.has(service)) services.delete(service)
    names.clear()
  })

  const isBetter = (a: Replica, b: Replica, now: number): boolean => {
    const [aAway, bAway] = [a.awayUntil > now, b.awayUntil > now]
    if (aAway !== bAway) return bAway
    return a.requests === b.requests ? a.turn < b.turn : a.requests < b.requests
  }

  /** @param except The one that was tried before. */
  const take = async (service: string, except?: Taken): Promise<Taken | undefined> => {
    const now = Date.now()
    let best: Replica | undefined
    for (const replica of replicasOf(service, await placesOf(service))) {
      if (except !== undefined && replica.host === except.host && replica.port === except.port) continue
      if (best === undefined || isBetter(replica, best, now)) best = replica
    }
    if (best === undefined) return undefined
    const taken = best
    taken.requests++
    taken.turn = ++turns
    let isOver = false
    return {
      host: taken.host,
      port: taken.port,
      failed() {
        taken.awayUntil = Date.now() + AWAY_MS
      },
      done() {
        if (!isOver) taken.requests--
        isOver = true
      },
    }
  }
  const sendTo = async <Answer>(taken: Taken, send: SendTo<Answer>): Promise<Asked<Answer>> => {
    try {
      return { answer: await send(taken), done: taken.done }
    } catch (error) {
      if (error instanceof NoAnswer && error.isReplicas) taken.failed()
      taken.done()
      throw error
    }
  }

  return {
    async ask(service, send, mayTryAgain) {
      const taken = await take(service)
      if (taken === undefined) throw new NoAnswer("There is no replica.", { wasSent: false, isReplicas: false })
      try {
        return await sendTo(taken, send)
      } catch (error) {
        if (!(error instanceof NoAnswer) || !mayTryAgain(error)) throw error
        // Of one replica alone a connection may have ended just now, and the next one not.
        const other = (await take(service, taken)) ?? (error.isReplicas ? undefined : await take(service))
        if (other === undefined) throw error
        return sendTo(other, send)
      }
    },
  }
}
