/**
 * The replicas of one service that calls are spread over: as many as are configured or as DNS knows, as they come and go.
 *
 * @module
 */
import { Client, connectivityState } from "@grpc/grpc-js"
import type { Addresses } from "../addresses.ts"
import type { ClientTls } from "../trust/client-tls.ts"
import { MAX_ANSWER_BYTES, MAX_REQUEST_BYTES } from "./data-definition.ts"

export interface Replicas {
  /**
   * The next one that is connected, round and round; where none is, the next one that may come to be. Undefined for a service that is
   * nowhere.
   */
  next(): Client | undefined
  close(): void
}

const MEBIBYTE = 1024 * 1024
/** A name that has several addresses is one client, which spreads its calls itself. */
const roundRobin = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] })
/** What has not connected and proved itself by then is tried anew: the host may be gone, or stopped, and another one in its place. */
const CONNECT_MS = 2_000

const channel = {
  // Without a policy in it nothing is sent again but what has never reached a handler; what is repeated besides is decided within a budget.
  "grpc.service_config": roundRobin,
  // A connection that nobody answers on is given up within 3 s: its host may be gone without a word.
  "grpc.keepalive_time_ms": 2_000,
  "grpc.keepalive_timeout_ms": 1_000,
  "grpc.keepalive_permit_without_calls": 1,
  // Whoever is back is reached within a second.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  // A new attempt is a new connection, not the old one from a common pool.
  "grpc.use_local_subchannel_pool": 1,
  // Names are asked for anew after each lost connection, but not in a storm.
  "grpc.dns_min_time_between_resolutions_ms": 1_000,
  "grpc.max_receive_message_length": MAX_ANSWER_BYTES + MEBIBYTE,
  "grpc.max_send_message_length": MAX_REQUEST_BYTES,
} as const

/** One address, and the client for it. */
class Replica {
  readonly #make: () => Client
  #client: Client
  #connectingSinceMs: number | undefined

  constructor(make: () => Client) {
    this.#make = make
    this.#client = make()
  }

  get client(): Client {
    return this.#client
  }

  /** Connects, if it is not connected. */
  look(nowMs: number): connectivityState {
    const state = this.#client.getChannel().getConnectivityState(true)
    if (state !== connectivityState.CONNECTING) this.#connectingSinceMs = undefined
    else this.#connectingSinceMs ??= nowMs
    if (nowMs - (this.#connectingSinceMs ?? nowMs) < CONNECT_MS) return state
    this.close()
    this.#client = this.#make()
    this.#connectingSinceMs = nowMs
    return this.#client.getChannel().getConnectivityState(true)
  }

  /** Calls that are on their way end on their connection. */
  close(): void {
    this.#client.close()
  }
}

export function createReplicas(service: string, addresses: Addresses, tls: ClientTls): Replicas {
  const replicas = new Map<string, Replica>()
  let all: readonly Replica[] = []
  let at = 0
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
      replicas.set(address, new Replica(make))
    }
    all = [...replicas.values()]
  }
  follow()
  const stop = addresses.onChange(follow)
  return {
    next() {
      const nowMs = performance.now()
      const inTurn = all.map((_, n) => all[(at + n) % all.length] as Replica)
      const states = inTurn.map((replica) => replica.look(nowMs))
      const ready = states.indexOf(connectivityState.READY)
      const hopeful = states.findIndex((state) => state !== connectivityState.TRANSIENT_FAILURE)
      const chosen = Math.max(0, ready >= 0 ? ready : hopeful)
      at = (at + chosen + 1) % Math.max(1, all.length)
      return inTurn[chosen]?.client
    },
    close() {
      stop()
      for (const replica of all) replica.close()
      replicas.clear()
      all = []
    },
  }
}
