import type { Metadata, ServerUnaryCall } from "@grpc/grpc-js"
import {
  actingFor,
  ArchipelError,
  type Catalog,
  type Principal,
  publicPrincipal,
  type ServiceDefinition,
} from "@archipel/core"
import { asked } from "../../auth/asked.ts"
import type { Authenticate, RequestHeaders } from "../../auth/authenticate.ts"
import { servicePrincipal } from "../../remote-reader.ts"
import { GATEWAY } from "../behind-gateway.ts"
import { callerOf } from "../caller.ts"
import { proveByHeaders } from "../proof.ts"
import { metadataNames } from "./data-definition.ts"

export const textIn = (metadata: Metadata, name: string): string | null => {
  const [value] = metadata.get(name)
  return typeof value === "string" ? value : null
}

export interface CallerPrincipals {
  readonly authenticate: Authenticate
  readonly catalog: Catalog
  /** The one that is asked. */
  readonly service: ServiceDefinition
}

/** More callers than any fleet has; beyond that they are made anew for each call. */
const MAX_CALLERS = 1_000

/** A service in its own name, and for the public: the same objects each time, by which rights are known that were worked out before. */
interface Caller {
  readonly own: Principal
  readonly forPublic: Principal
}

/**
 * For whom another service asks: for the user of a token that was made for that very service to send here, for the public, or in its
 * own name. Whoever stole a token of somebody else's call has another certificate than the token's actor.
 *
 * @throws of what it returns: `auth.invalid`, `auth.expired`, `request.too_complex`
 */
export function principalsOfCallers({ authenticate, catalog, service }: CallerPrincipals) {
  const callers = new Map<string, Caller>()
  const callerNamed = (name: string): Caller => {
    let caller = callers.get(name)
    if (caller === undefined) {
      const own = servicePrincipal(name, catalog)
      caller = { own, forPublic: actingFor(own, publicPrincipal) }
      if (callers.size < MAX_CALLERS) callers.set(name, caller)
    }
    return caller
  }

  return (call: Pick<ServerUnaryCall<unknown, unknown>, "metadata">): Principal | Promise<Principal> => {
    const { metadata } = call
    const { own, forPublic } = callerNamed(callerOf(call))
    const authorization = textIn(metadata, metadataNames.authorization)
    if (authorization === null) {
      const as = textIn(metadata, metadataNames.as)
      if (as === null) return own
      if (as !== "public") throw new ArchipelError("auth.invalid", {})
      return forPublic
    }
    const headers: RequestHeaders = { get: (name) => textIn(metadata, name.toLowerCase()) }
    // The gateway passes requests on, and acts for nobody.
    const actor = own.id === GATEWAY ? undefined : own.id
    const known = (principal: Principal): Principal => {
      if (principal.actor?.id !== actor) throw new ArchipelError("auth.invalid", {})
      proveByHeaders(principal, headers)
      return principal
    }
    const principal = asked(authenticate, headers, service)
    return principal instanceof Promise ? principal.then(known) : known(principal)
  }
}
