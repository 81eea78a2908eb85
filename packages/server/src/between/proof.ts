/**
 * How a principal became known to this process: what is shown, in exchange, where another service is asked for them.
 *
 * @module
 */
import type { Principal } from "@archipel/core"
import { companiesIn } from "../auth/asked.ts"
import type { RequestHeaders } from "../auth/authenticate.ts"

export interface Proof {
  /** The access token that was sent to this service. */
  readonly token: string
  /** The companies that the request named, where it named any. */
  readonly companies?: readonly string[]
}

const proofs = new WeakMap<Principal, Proof>()

/** Principals are kept while nothing changes about them, so the newest token stands for all of the same login. */
export const proveBy = (principal: Principal, proof: Proof): void => void proofs.set(principal, proof)

/** What a request says of who sends it, once it is known to be true. */
export function proveByHeaders(principal: Principal, headers: RequestHeaders): void {
  const token = /^bearer +(\S+)/i.exec(headers.get("authorization") ?? "")?.[1]
  if (token === undefined) return
  const companies = companiesIn(headers)
  proveBy(principal, companies === undefined ? { token } : { token, companies })
}

/** Undefined for who was never sent a token by: the public, services of this process, and the system. */
export const proofOf = (principal: Principal): Proof | undefined => proofs.get(principal)
