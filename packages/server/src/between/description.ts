import type { ContractDefinition } from "@archipel/core"
import type { Lack } from "../readiness.ts"

/** Version of what services say to each other; a service answers to the ones it knows, and newer ones only add. */
export const PROTOCOL = 1

/** What a running service tells other services of itself. Structure, no logic and no records. */
export interface ServiceDescription {
  readonly protocol: number
  /** Version of the framework that it runs on. */
  readonly framework: string
  readonly service: string
  /** Version of its package, where it has one. */
  readonly version: string | null
  /** Hash of the contract's structure. */
  readonly revision: string
  readonly contract: ContractDefinition
  /** Addresses that it answers itself beside its API: "/account". */
  readonly routes: readonly string[]
  /** What it lacks now; left out where it lacks nothing, and by older releases. */
  readonly lacks?: readonly Lack[]
}
