import { type Contracts, type Db, type Logic, knownContracts } from "@archipel/core"

/** A service as its author puts it together: the contract of that name, its private logic, and demo data if there is any. */
export interface Service<N extends string = string> {
  readonly name: N
  readonly logic: readonly Pick<Logic<string>, "model" | "statements">[]
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
