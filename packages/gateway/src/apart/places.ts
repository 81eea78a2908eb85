/**
 * Where the replicas of a service are, one by one: also of a name that stands for many of them.
 *
 * @module
 */
import { lookup } from "node:dns/promises"
import { isIP } from "node:net"
import type { Mesh } from "@archipel/server"

/** So long is what DNS said of a name believed; what is older serves until there is newer. */
const NAME_MS = 5_000
/** Of a service, more than any has; the rest is not used. */
const MAX_REPLICAS = 100

export interface Place {
  readonly host: string
  readonly port: number
}

interface Resolved {
  readonly addresses: readonly string[]
  readonly until: number
}

export interface Places {
  /** Addresses of a service's replicas: at once, unless a name is asked for the first time. */
  of(service: string): readonly string[] | Promise<readonly string[]>
}

/** @param address "crm:7000", "[::1]:7000" */
export function placeOf(address: string): Place {
  const at = address.lastIndexOf(":")
  return { host: address.slice(0, at).replace(/^\[(.*)\]$/, "$1"), port: Number(address.slice(at + 1)) }
}

export function createPlaces({ addresses }: Pick<Mesh, "addresses">): Places {
  const names = new Map<string, Resolved>()
  const resolving = new Map<string, Promise<readonly string[]>>()
  addresses.onChange(() => names.clear())

  const resolve = (address: string): Promise<readonly string[]> => {
    const under = resolving.get(address)
    if (under !== undefined) return under
    const { host, port } = placeOf(address)
    const work = lookup(host, { all: true })
      .then(
        (found) => found.map((each) => (each.family === 6 ? `[${each.address}]:${port}` : `${each.address}:${port}`)),
        // What was known stays; without anything, connecting says what is wrong.
        () => names.get(address)?.addresses ?? [address],
      )
      .then((found) => {
        const known = found.slice(0, MAX_REPLICAS)
        names.set(address, { addresses: known, until: Date.now() + NAME_MS })
        resolving.delete(address)
        return known
      })
    resolving.set(address, work)
    return work
  }

  return {
    of(service) {
      const given = addresses.of(service)
      const [only = ""] = given
      const { host } = placeOf(only)
      // One name may stand for many; "localhost" is one machine however many addresses it has.
      if (given.length !== 1 || isIP(host) !== 0 || host === "localhost") return given.slice(0, MAX_REPLICAS)
      const known = names.get(only)
      if (known === undefined) return resolve(only)
      if (known.until < Date.now()) void resolve(only)
      return known.addresses
    },
  }
}
