import type { IdentityContract } from "./identity.ts"

/**
 * Every contract that a program knows, by service name. Each contract file adds itself:
 *
 * ```ts
 * declare module "@archipel/core" { interface Contracts { sales: typeof sales } }
 * ```
 *
 * This is what makes names such as "crm.Customer" checked types, across services and also when a contract
 * is a package of which only the emitted declarations are there.
 */
export interface Contracts {
  identity: IdentityContract
}
