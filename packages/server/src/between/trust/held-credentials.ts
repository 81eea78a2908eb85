import type { KeyPair, WorkloadCredentials } from "./workload.ts"

export interface Holder {
  readonly service: string
  readonly trustDomain: string
  /** The first pair. */
  readonly pair: KeyPair
  /** When nobody needs the credentials any more. */
  readonly close?: () => void
}

/** Credentials whose pair is replaced by whoever holds them. */
export interface HeldCredentials extends WorkloadCredentials {
  replace(pair: KeyPair): void
}

export function holdCredentials({ service, trustDomain, pair, close }: Holder): HeldCredentials {
  const listeners = new Set<(pair: KeyPair) => void>()
  let newest = pair
  return {
    service,
    trustDomain,
    current: () => newest,
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    replace(next) {
      newest = next
      for (const listener of listeners) listener(next)
    },
    close() {
      listeners.clear()
      close?.()
    },
  }
}
