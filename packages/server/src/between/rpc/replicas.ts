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
  /** The next one, round and round; those that cannot be reached only where there is no other. Undefined for a service that is nowhere. */
  next(): Client | undefined
  close(): void
}

const MEBIBYTE = 1024 * 1024
/** A name that has several addresses is one client, which spreads its calls itself. */
const roundRobin = JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] })

const channel = {
  "grpc.service_config": roundRobin,
  // A connection that nobody answers on is given up within 3 s: its host may be gone without a word.
  "grpc.keepalive_time_ms": 2_000,
  "grpc.keepalive_timeout_ms": 1_000,
  "grpc.keepalive_permit_without_calls": 1,
  // Whoever is back is reached within a second.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1_000,
  // Names are asked for anew after each lost connection, but not in a storm.
  "grpc.dns_min_time_between_resolutions_ms": 1_000,
  "grpc.max_receive_message_length": MAX_ANSWER_BYTES + MEBIBYTE,
  "grpc.max_send_message_length": MAX_REQUEST_BYTES,
  // What is repeated is decided here, within a budget.
  "grpc.enable_retries": 0,
} as const

const isLost = (client: Client): boolean =>
  client.getChannel().getConnectivityState(false) === connectivityState.TRANSIENT_FAILURE

export function createReplicas(service: string, addresses: Addresses, tls: ClientTls): Replicas {
  const clients = new Map<string, Client>()
  let all: readonly Client[] = []
  let at = 0
  const follow = (): void => {
    const wanted = new Set(addresses.of(service))
    for (const [address, client] of clients) {
      if (wanted.has(address)) continue
      // Calls that are on their way end on their connection.
      client.close()
      clients.delete(address)
    }
    for (const address of wanted) {
      if (clients.has(address)) continue
      const options = { ...channel, ...tls.channelOptions(service) }
      clients.set(address, new Client(`dns:${address}`, tls.channelCredentials(service), options))
    }
    all = [...clients.values()]
  }
  follow()
  const stop = addresses.onChange(follow)
  return {
    next() {
      for (let tried = 0; tried < all.length; tried++) {
        const client = all[at++ % all.length] as Client
        if (!isLost(client)) return client
      }
      return all.length === 0 ? undefined : all[at++ % all.length]
    },
    close() {
      stop()
      for (const client of clients.values()) client.close()
      clients.clear()
      all = []
    },
  }
}
