/**
 * Limits of the token endpoint. Guessing is slowed by network; a client that misbehaves is slowed by itself, so that a gateway
 * with many users behind one address is not.
 *
 * @module
 */

import type { Rates } from "../credentials/rates.ts"

export const tokenLimits = {
  /** Requests of one client from one network. */
  requests: { per: 1_200, seconds: 60 },
  /** Refused requests from one network. */
  failures: { per: 60, seconds: 60 },
} as const

const MAX_KEYS = 100_000

/** Counts in this process alone: enough for one process, and a bound for each of several. */
export function ratesInMemory(now: () => Date): Pick<Rates, "take"> {
  const windows = new Map<string, { count: number; endsAt: number }>()
  return {
    take(key, { per, seconds }) {
      const at = now().getTime()
      let window = windows.get(key)
      if (window === undefined || window.endsAt <= at) {
        windows.delete(key)
        if (windows.size >= MAX_KEYS) windows.delete(windows.keys().next().value as string)
        windows.set(key, (window = { count: 0, endsAt: at + seconds * 1000 }))
      }
      window.count += 1
      return Promise.resolve(
        window.count <= per
          ? { ok: true }
          : { ok: false, retryAfterSeconds: Math.max(1, Math.ceil((window.endsAt - at) / 1000)) },
      )
    },
  }
}

/** Networks that are refused for a while. */
export interface Blocked {
  /** Seconds until requests are taken again; 0 when they are. */
  secondsFor(network: string): number
  add(network: string, seconds: number): void
}

export function blockedNetworks(now: () => Date): Blocked {
  const until = new Map<string, number>()
  return {
    secondsFor(network) {
      const end = until.get(network)
      if (end === undefined) return 0
      const left = Math.ceil((end - now().getTime()) / 1000)
      if (left <= 0) until.delete(network)
      return Math.max(0, left)
    },
    add(network, seconds) {
      if (until.size >= MAX_KEYS) until.delete(until.keys().next().value as string)
      until.set(network, now().getTime() + seconds * 1000)
    },
  }
}
