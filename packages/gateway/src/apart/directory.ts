/**
 * The services behind a gateway: who is there, what addresses each answers itself, and who does not answer now.
 *
 * @module
 */
import { isBelow, type Log, type Mesh, type ServiceDescription } from "@archipel/server"

/** Between two looks at a service that is well, and at one that does not answer or lacks something. */
const LOOK_MS = 5_000
const LOOK_AGAIN_MS = 500
/** A service that says nothing of itself for so long is away. */
const DESCRIBE_MS = 2_000
/** How long a start waits for the first looks. */
const FIRST_LOOK_MS = 2_500
/** Addresses of one service beside its API; what it names beyond these is not passed on. */
const MAX_ROUTES = 50

/** What no service may answer: the gateway's own addresses and everybody's API. */
const reserved = ["/api", "/auth", "/assets", "/docs", "/errors", "/livez", "/readyz", "/metrics"] as const
const ROUTE = /^\/[\w.~-]+(?:\/[\w.~-]+)*$/
/** Whose addresses are nobody else's, whatever others say of themselves. */
const FIRST = "identity"

interface Entry {
  description: ServiceDescription | undefined
  isAway: boolean
  looking: Promise<void> | undefined
  timer: NodeJS.Timeout | undefined
}

/** An address that a service answers beside its API. */
export interface RouteOfService {
  readonly service: string
  readonly prefix: string
}

export interface Directory {
  has(service: string): boolean
  /** By name, sorted. */
  services(): ReadonlyMap<string, { readonly isAway: boolean; readonly lacks?: ServiceDescription["lacks"] }>
  /** Whose address a path is, of those beside the API. */
  routeOf(path: string): RouteOfService | undefined
  /** That a service did not answer, before it is looked at again. */
  missed(service: string): void
  close(): void
}

const isUsable = (route: string): boolean =>
  ROUTE.test(route) &&
  !route.split("/").some((part) => /^\.+$/.test(part)) &&
  !reserved.some((own) => isBelow(route, own))

/**
 * Looks at every service that has an address, now and from time to time.
 *
 * @param own The service that looks.
 */
export async function openDirectory({
  mesh,
  own,
  log,
}: {
  readonly mesh: Mesh
  readonly own: string
  readonly log: Log
}): Promise<Directory> {
  const entries = new Map<string, Entry>()
  let routes: readonly RouteOfService[] = []
  let isClosed = false

  /** As of the descriptions that were seen last: addresses of a service that is away are still its own. */
  const collect = (): void => {
    const found = new Map<string, string>()
    const inOrder = [...entries.keys()].toSorted(
      (a, b) => Number(b === FIRST) - Number(a === FIRST) || (a < b ? -1 : 1),
    )
    for (const service of inOrder) {
      const given = entries.get(service)?.description?.routes ?? []
      for (const prefix of given.slice(0, MAX_ROUTES).filter(isUsable)) {
        const isTaken = [...found.keys()].some((taken) => isBelow(prefix, taken) || isBelow(taken, prefix))
        if (!isTaken) found.set(prefix, service)
      }
    }
    routes = [...found].map(([prefix, service]) => ({ prefix, service }))
  }

  const note = (service: string, entry: Entry, isAway: boolean): void => {
    if (entry.isAway !== isAway) log.info(isAway ? "a service does not answer" : "a service answers", { service })
    entry.isAway = isAway
  }
  const look = (service: string, entry: Entry): Promise<void> => {
    clearTimeout(entry.timer)
    entry.looking ??= mesh
      .describe(service, { deadlineMs: DESCRIBE_MS, idempotent: true })
      .then(
        (description) => {
          const isNews = String(entry.description?.routes) !== String(description.routes)
          entry.description = description
          note(service, entry, false)
          if (isNews) collect()
        },
        () => note(service, entry, true),
      )
      .then(() => {
        entry.looking = undefined
        if (isClosed || entries.get(service) !== entry) return
        const isWell = !entry.isAway && entry.description?.lacks === undefined
        entry.timer = setTimeout(() => void look(service, entry), isWell ? LOOK_MS : LOOK_AGAIN_MS).unref()
      })
    return entry.looking
  }
  const follow = (): Promise<unknown> => {
    const present = mesh.addresses.services().filter((service) => service !== own)
    for (const [service, entry] of entries) {
      if (present.includes(service)) continue
      clearTimeout(entry.timer)
      entries.delete(service)
    }
    const looks = present.map((service) => {
      let entry = entries.get(service)
      if (entry === undefined) {
        entry = { description: undefined, isAway: false, looking: undefined, timer: undefined }
        entries.set(service, entry)
      }
      return look(service, entry)
    })
    collect()
    return Promise.all(looks)
  }

  const stop = mesh.addresses.onChange(() => void follow())
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, FIRST_LOOK_MS)
  })
  await Promise.race([follow(), late]).finally(() => clearTimeout(timer))

  return {
    has: (service) => entries.has(service),
    services: () =>
      new Map(
        [...entries]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([service, { isAway, description }]) => [service, { isAway, lacks: description?.lacks }]),
      ),
    routeOf: (path) => routes.find(({ prefix }) => isBelow(path, prefix)),
    missed(service) {
      const entry = entries.get(service)
      if (entry !== undefined) void look(service, entry)
    },
    close() {
      isClosed = true
      stop()
      for (const { timer: each } of entries.values()) clearTimeout(each)
    },
  }
}
