/**
 * The contracts of the services that there are now, and with them every role: those that this program imported and, where services run
 * apart, those that the others tell.
 *
 * @module
 */
import type { ContractDefinition } from "@archipel/core"
import type { Mesh, ServiceHost } from "@archipel/server"

/** What other services told of themselves, by name; never of identity itself. */
export type ToldContracts = Map<string, ContractDefinition>

export interface ServiceContracts {
  /** Whether services run apart. */
  readonly isApart: boolean
  /** By service: all that are known. A service that left is still among them. */
  all(): ReadonlyMap<string, ContractDefinition>
  /** The contract of a service; asks the service where it is not known yet. Undefined for one that nobody knows. Never throws. */
  learn(service: string): Promise<ContractDefinition | undefined>
  /** Called when there are other contracts than before. Returns how to stop. */
  onChange(listener: () => void): () => void
  close(): Promise<void>
}

/** How often services are asked anew. */
const REFRESH_MS = 30_000
const DESCRIBE_DEADLINE_MS = 2_000
/** Services asked at a time. */
const PARALLEL = 8
/** Before a service that did not answer is asked again because somebody wants to know. */
const RETRY_MS = 1_000
const MAX_SERVICES = 500
const MAX_ROLES = 1_000
const NAME = /^[A-Za-z][\w-]{0,99}$/

/** A service speaks for itself alone: a contract of another name would declare another's roles. */
const isItsOwn = (contract: ContractDefinition, service: string): boolean =>
  contract.name === service &&
  Array.isArray(contract.roles) &&
  contract.roles.length <= MAX_ROLES &&
  contract.roles.every((role) => typeof role === "string" && NAME.test(role)) &&
  membersOf(contract).every((member) => member.kind === "field" || typeof member.to === "string")

type Host = Pick<ServiceHost, "name" | "catalog" | "log"> & { readonly mesh?: Mesh | undefined }

/** @param told Filled with what other services tell; who has it sees it grow. */
export function createServiceContracts({ name: own, catalog, log, mesh }: Host, told: ToldContracts): ServiceContracts {
  const listeners = new Set<() => void>()
  const all = (): ReadonlyMap<string, ContractDefinition> => new Map([...catalog.contracts, ...told])
  const known = (service: string): ContractDefinition | undefined => told.get(service) ?? catalog.contracts.get(service)
  if (mesh === undefined) {
    return {
      isApart: false,
      all,
      learn: async (service) => known(service),
      onChange: () => () => {},
      close: async () => {},
    }
  }
  let isClosed = false
  const asking = new Map<string, Promise<boolean>>()
  const failedAt = new Map<string, number>()

  /** @returns whether it says something else than before */
  const describe = async (service: string): Promise<boolean> => {
    try {
      const { contract } = await mesh.describe(service, { deadlineMs: DESCRIBE_DEADLINE_MS, idempotent: true })
      failedAt.delete(service)
      if (!isItsOwn(contract, service)) {
        log.info("a service describes itself as another one; its contract is not taken", { service })
        return false
      }
      if (JSON.stringify(known(service)) === JSON.stringify(contract)) return false
      if (!told.has(service) && told.size >= MAX_SERVICES) return false
      told.set(service, contract)
      return true
    } catch {
      // Whoever is away is asked again; what is known of it stays.
      failedAt.set(service, Date.now())
      return false
    }
  }
  const ask = (service: string): Promise<boolean> => {
    let answer = asking.get(service)
    if (answer === undefined) {
      answer = describe(service).finally(() => asking.delete(service))
      asking.set(service, answer)
    }
    return answer
  }
  const announce = (): void => {
    if (!isClosed) for (const listener of listeners) listener()
  }
  const isElsewhere = (service: string): boolean => service !== own && mesh.addresses.services().includes(service)

  const refresh = async (): Promise<void> => {
    const services = mesh.addresses.services().filter((service) => service !== own)
    let hasChanged = false
    for (let at = 0; at < services.length && !isClosed; at += PARALLEL) {
      const answers = await Promise.all(services.slice(at, at + PARALLEL).map(ask))
      hasChanged ||= answers.includes(true)
    }
    if (hasChanged) announce()
  }
  let isAgain = false
  let working: Promise<void> | undefined
  const begin = (): void => {
    if (working !== undefined) {
      isAgain = true
      return
    }
    working = refresh()
      .catch((error: unknown) => log.error("what other services say of themselves was not taken", error))
      .finally(() => {
        working = undefined
        if (!isAgain || isClosed) return
        isAgain = false
        begin()
      })
  }
  begin()
  const timer = setInterval(begin, REFRESH_MS).unref()
  const stop = mesh.addresses.onChange(begin)

  return {
    isApart: true,
    all,
    async learn(service) {
      const contract = known(service)
      if (contract !== undefined || isClosed || !isElsewhere(service)) return contract
      if (Date.now() - (failedAt.get(service) ?? Number.NEGATIVE_INFINITY) < RETRY_MS) return undefined
      if (await ask(service)) announce()
      return known(service)
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async close() {
      isClosed = true
      clearInterval(timer)
      stop()
      await working
    },
  }
}

/** Every role that the contracts declare: "sales.manager". */
export const rolesIn = (contracts: ReadonlyMap<string, ContractDefinition>): string[] =>
  [...contracts.keys()].flatMap((service) => rolesOfService(contracts, service))

/** The roles that one service declares. */
export const rolesOfService = (contracts: ReadonlyMap<string, ContractDefinition>, service: string): string[] =>
  (contracts.get(service)?.roles ?? []).map((role) => `${service}.${role}`)

/** Relations and fields of all models, and what actions take and answer. */
const membersOf = ({ models }: ContractDefinition) =>
  Object.values(models).flatMap(({ members, actions }) =>
    [members, ...Object.values(actions).flatMap(({ input, output }) => [input, output])].flatMap((each) =>
      Object.values(each),
    ),
  )

/** The other services that a contract refers to, and identity, whose users every record refers to. */
export function neighboursOf(contract: ContractDefinition): string[] {
  const targets = membersOf(contract).flatMap((each) =>
    each.kind === "field" ? [] : [each.to.split(".")[0] as string],
  )
  return [...new Set(["identity", ...targets])].filter((service) => service !== contract.name)
}
