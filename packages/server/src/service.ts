import {
  type Contracts,
  type Db,
  knownContracts,
  type Logic,
  type MirrorDefinition,
  type Translations,
  type ViewsDefinition,
} from "@archipel/core"
import type { RunningPart, ServiceHost } from "./service-host.ts"

/** The roles that a service's contract declares. */
type RoleOf<N extends string> = N extends keyof Contracts
  ? Contracts[N] extends { readonly roles: infer R extends readonly string[] }
    ? `${N}.${R[number]}`
    : string
  : string

/** A mirror whose grants are for these roles. */
interface MirrorFor<R extends string> {
  readonly $?: [string, string, R]
  readonly definition: MirrorDefinition
}

/** Where and how a service is about to run. */
export interface Place {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether NODE_ENV is not "production". */
  readonly isDevelopment: boolean
}

/** A service as its author puts it together: the contract of that name, its private logic, and demo data if there is any. */
export interface Service<N extends string = string> {
  readonly name: N
  readonly logic: readonly Pick<Logic<string>, "model" | "statements">[]
  /** What it keeps of other services' records, so that conditions, orders, groups and rules may use it. */
  readonly mirrors?: readonly MirrorFor<RoleOf<N> | "public">[]
  /** Who may ask why somebody may or may not (`$explain`): an answer that tells of rows which the asker need not be able to see. Nobody when left out. */
  readonly explain?: readonly RoleOf<N>[]
  /** How user interfaces present its models, where that is not what follows from the contract: `views("sales.Order", …)`. */
  readonly views?: readonly ViewsDefinition[]
  /** What people read in other languages than the contract's: `translations("sales", { fr: … })`. */
  readonly translations?: readonly Translations<N>[]
  /** Fills an empty database in development; with the rights of the system. */
  readonly demo?: (db: Db) => Promise<void>
  /** What keeps it from running with these settings, a sentence each: asked before anything else is done. */
  readonly mistakes?: (place: Place) => readonly string[]
  /** Makes sure of records that it cannot do without, before others rely on them: once a start, in one process. */
  readonly prepare?: (host: Omit<ServiceHost, "url">) => Promise<void>
  /** What it does beside its models: in every process that serves it, before the first request. */
  readonly runs?: (host: ServiceHost) => Promise<RunningPart>
  /** What stands for it in the processes of other services, where services run apart. */
  readonly represents?: (host: Omit<ServiceHost, "database">) => Promise<RunningPart>
  /** Lines for whoever started the program, said when it is ready: once a start, in one process. */
  readonly welcome?: (host: ServiceHost) => Promise<readonly string[]>
}

/**
 * Puts a service together. Its contract must have been imported.
 *
 * @throws TypeError if no contract of that name is known.
 */
export function service<const N extends keyof Contracts & string>(
  name: N,
  parts: Omit<Service<NoInfer<N>>, "name">,
): Service<N> {
  if (!knownContracts().has(name)) throw new TypeError(`There is no contract "${name}": import its contract.ts first.`)
  return { name, ...parts }
}
