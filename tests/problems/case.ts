/**
 * What refused requests are made of.
 *
 * @module
 */
import type { Asking } from "../support/asking.ts"
import { idOf, seeded } from "../support/company.ts"

/** What it is, the request, and the status and code that it must get; by alice where nobody is named. */
export type Case = readonly [string, Asking & { readonly path: string }, number, string]

export const nowhere = idOf(99, 1)
export const [FRANCE] = seeded.countries as [string]
export const [CUSTOMER] = seeded.customers as [string]
export const [PRODUCT] = seeded.products as [string]
/** Alice's and martin's have no lines and one line, clara's two. */
export const [, MARTINS, CLARAS, NOBODYS] = seeded.orders as [string, string, string, string]
export const order = (rest: object = {}) => ({ customer: CUSTOMER, lines: [{ product: PRODUCT }], ...rest })
export const nested = (depth: number): object => (depth === 0 ? { number: "x" } : { not: nested(depth - 1) })
export const json = { "content-type": "application/json" }
