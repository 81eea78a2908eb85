/**
 * The replicas of one service that calls are spread over: as many as are configured or as DNS knows, as they come and go.
 *
 * @module
 */
import { Client, connectivityState } from "@grpc/grpc-js"
import type { StopSignal } from "@archipel/data"
import type { Addresses } from "../addresses.ts"
import type { ClientTls } from "../trust/client-tls.ts"
import { type Breaker, createBreaker } from "./breaker.ts"
import { MAX_ANSWER_BYTES, MAX_REQUEST_BYTES } from "./data-definition.ts"

/** One address, and whether it is asked at all. */
export interface Replica {
  readonly client: Client
  readonly breaker: Breaker
}

export interface Replicas {
  /** The next one that is connected and not left alone, round and round; undefined while none is. Connects those that are not. */
  next(): Replica | undefined
  /** As `next`, once one is connected; undefined if none came to be in time, or nobody waits for it any more. */
  wait(waiting: WaitingForReplica): Promise<Replica | undefined>
  /** Whether it is of use to wait for one to be connected: none is, and not all of them failed several times in a row. */
  readonly mayCome: boolean
  /** None of them was there. */
  failed(): void
  close(): void
}

export interface WaitingForReplica {
  readonly waitMs: number
  readonly signal: StopSignal | undefined
}

const MEBIBYTE = 1024 * 1024
/** A name that has several addresses is one client, which spreads its calls itself. */
const roundRobin = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] })
/** What has not connected and proved itself by then is tried anew: the host may be gone, or stopped, and another one in its place. */
const CONNECT_MS = 2_000
/** While somebody waits, how often it is seen whether one is connected. */
const LOOK_MS = 20

const channel = {
  // Without a policy in it nothing is sent again but what has never reached a handler; what is repeated besides is decided within a budget.
  "grpc.service_config": roundRobin,
  // A connection that nobody answers on is given up within 2 s: its host may be gone without a word.
  "grpc.keepalive_time_ms": 1_000,
  "grpc.keepalive_timeout_ms": 1_000,
  "grpc.keepalive_permit_without_calls": 1,
  // Whoever is back is reached within 0.3 s; to be refused costs next to nothing.
  "grpc.initial_reconnect_backoff_ms": 50,
  "grpc.max_reconnect_backoff_ms": 250,
  // A new attempt is a new connection, not the old one from a common pool.
  "grpc.use_local_subchannel_pool": 1,
  // Names are asked for anew after each lost connection, but not in a storm.
  "grpc.dns_min_time_between_resolutions_ms": 1_000,
  "grpc.max_receive_message_length": MAX_ANSWER_BYTES + MEBIBYTE,
  "grpc.max_send_message_length": MAX_REQUEST_BYTES,
} as const

class Address implements Replica {
  readonly breaker = createBreaker()
  readonly #make: () => Client
  #client: Client
  #connectingSinceMs: number | undefined
  #isReady = false

  constructor(make: () => Client) {
    this.#make = make
    this.#client = make()
  }

  get client(): Client {
    return this.#client
  }

  /** As of the last look. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** Connects, if it is not connected. @returns whether it is */
  look(nowMs: number): boolean {
    let state = this.#client.getChannel().getConnectivityState(true)
    if (state !== connectivityState.CONNECTING) this.#connectingSinceMs = undefined
    else this.#connectingSinceMs ??= nowMs
    if (nowMs - (this.#connectingSinceMs ?? nowMs) >= CONNECT_MS) {
      this.close()
      this.#client = this.#make()
      this.#connectingSinceMs = nowMs
      state = this.#client.getChannel().getConnectivityState(true)
    }
    const wasReady = this.#isReady
    this.#isReady = state === connectivityState.READY
    // Whoever is back is asked at once.
    if (this.#isReady && !wasReady) this.breaker.answered()
    return this.#isReady
  }

  /** Calls that are on their way end on their connection. */
  close(): void {
    this.#client.close()
  }
}

export function createReplicas(service: string, addresses: Addresses, tls: ClientTls): Replicas {
  const replicas = new Map<string, Address>()
  const waiting = new Set<() => void>()
  let all: readonly Address[] = []
  let at = 0
  let looking: NodeJS.Timeout | undefined
  const follow = (): void => {
    const wanted = new Set(addresses.of(service))
    for (const [address, replica] of replicas) {
      if (wanted.has(address)) continue
      replica.close()
      replicas.delete(address)
    }
    for (const address of wanted) {
      if (replicas.has(address)) continue
      const options = { ...channel, ...tls.channelOptions(service) }
      const make = (): Client => new Client(`dns:${address}`, tls.channelCredentials(service), options)
      replicas.set(address, new Address(make))
    }
    all = [...replicas.values()]
  }
  follow()
  const stop = addresses.onChange(follow)

  const next = (): Replica | undefined => {
    const nowMs = performance.now()
    let found: Replica | undefined
    const first = at
    // All of them are looked at, so that those which are lost connect anew.
    for (let n = 0; n < all.length; n++) {
      const index = (first + n) % all.length
      const replica = all[index] as Address
      if (!replica.look(nowMs) || found !== undefined || !replica.breaker.mayCall()) continue
      found = replica
      at = index + 1
    }
    return found
  }
  const look = (): void => {
    const nowMs = performance.now()
    const ready = all.filter((replica) => replica.look(nowMs))
    if (ready.length > 0) for (const come of waiting) come()
  }
  return {
    next,
    get mayCome() {
      return all.every(({ isReady }) => !isReady) && all.some(({ breaker }) => !breaker.isOpen)
    },
    failed() {
      for (const { breaker } of all) breaker.failed()
    },
    wait: ({ waitMs, signal }) =>
      new Promise((resolve) => {
        const settle = (replica: Replica | undefined): void => {
          clearTimeout(timer)
          signal?.removeEventListener("abort", giveUp)
          waiting.delete(come)
          if (waiting.size === 0) {
            clearInterval(looking)
            looking = undefined
          }
          resolve(replica)
        }
        const giveUp = (): void => settle(undefined)
        const come = (): void => settle(next())
        const timer = setTimeout(giveUp, waitMs)
        signal?.addEventListener("abort", giveUp, { once: true })
        waiting.add(come)
        looking ??= setInterval(look, LOOK_MS)
      }),
    close() {
      stop()
      for (const replica of all) replica.close()
      replicas.clear()
      all = []
    },
  }
}
