import { type Contracts, type Db, type Logic, knownContracts } from "@archipel/core"

/** The roles that a service's contract declares. */
type RoleOf<N extends string> = N extends keyof Contracts
  ? Contracts[N] extends { readonly roles: infer R extends readonly string[] }
    ? `${N}.${R[number]}`
    : string
  : string

/** A service as its author puts it together: the contract of that name, its private logic, and demo data if there is any. */
export interface Service<N extends string = string> {
  readonly name: N
  readonly logic: readonly Pick<Logic<string>, "model" | "statements">[]
  /** Who may ask why somebody may or may not (`$explain`): an answer that tells of rows which the asker need not be able to see. Nobody when left out. */
  readonly explain?: readonly RoleOf<N>[]
  /** Fills an empty database in development; with the rights of the system. */
  readonly demo?: (db: Db) => Promise<void>
}

/**
 * Puts a service together. Its contract must have been imported.
 *
 * @throws TypeError if no contract of that name is known.
 */
export function service<const N extends keyof Contracts & string>(
  name: N,
  parts: Omit<Service<N>, "name">,
): Service<N> {
  if (!knownContracts().has(name)) throw new TypeError(`There is no contract "${name}": import its contract.ts first.`)
  return { name, ...parts }
}
