import { readFileSync } from "node:fs"
import { ArchipelError } from "@archipel/core"
import type { Log } from "../log.ts"

/** Where services are reached, as configured: it changes while programs run. */
export interface Addresses {
  /** Names of all services that are somewhere, sorted. */
  services(): readonly string[]
  /**
   * Where a service is: one "host:port" for each replica, or one name that DNS knows several addresses of. Empty for a service that
   * is nowhere.
   */
  of(service: string): readonly string[]
  /** Called after each change. Returns how to stop. */
  onChange(listener: () => void): () => void
  close(): void
}

const POLL_MS = 250

type Places = ReadonlyMap<string, readonly string[]>

function addressesOf(first: Places): Addresses & { replace(next: Places): void } {
  const listeners = new Set<() => void>()
  let places = first
  return {
    services: () => [...places.keys()].sort(),
    of: (service) => places.get(service) ?? [],
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    replace(next) {
      places = next
      for (const listener of listeners) listener()
    },
    close() {
      listeners.clear()
    },
  }
}

/** "crm=host:port,sales=host:port|host:port". @throws `program.misconfigured` */
export function addressesFromText(text: string): Addresses {
  const mistakes: string[] = []
  const places = new Map<string, readonly string[]>()
  for (const pair of text.split(",")) {
    const [name = "", list = ""] = pair.trim().split("=", 2)
    const addresses = list.split("|")
    if (name === "" || addresses.some((each) => !/^[^\s:]+:\d+$/.test(each)))
      mistakes.push(`"${pair}" is not NAME=HOST:PORT.`)
    places.set(name, addresses)
  }
  if (mistakes.length > 0) throw new ArchipelError("program.misconfigured", { mistakes })
  return addressesOf(places)
}

export function addressesFromFile(path: string, log: Pick<Log, "error">): Addresses {
  let text = ""
  const read = (): Places | undefined => {
    let now: string
    try {
      now = readFileSync(path, "utf8")
    } catch {
      return undefined
    }
    if (now === text) return undefined
    try {
      const places = new Map(Object.entries(JSON.parse(now) as Record<string, string[]>))
      text = now
      return places
    } catch (error) {
      log.error("where services are could not be read", error)
      return undefined
    }
  }
  const held = addressesOf(read() ?? new Map())
  const timer = setInterval(() => {
    const next = read()
    if (next) held.replace(next)
  }, POLL_MS).unref()
  return {
    ...held,
    close() {
      clearInterval(timer)
      held.close()
    },
  }
}
