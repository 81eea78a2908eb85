import type { Authenticate, RunningPart, ServiceHost } from "@archipel/server"
import { createAuthenticate } from "../access/authenticate.ts"
import { createRemoteAccess } from "../access/remote-access.ts"
import { createTokenExchange } from "../access/token-exchange.ts"
import { createTokenVerifier } from "../access/verify-token.ts"
import { createGrants } from "../grants/grants.ts"
import { audienceOf, GATEWAY_CLIENT, namedBy } from "../oidc/client-names.ts"

/**
 * What stands for identity in the process of another service: who sends a request, by tokens that are addressed to that service alone,
 * and tokens for further services. It has no secret and no table: who people are it hears from identity, and it starts without it.
 *
 * @throws TypeError where services do not run apart
 */
export async function representIdentity(host: Omit<ServiceHost, "database">): Promise<RunningPart> {
  const { mesh, isDevelopment } = host
  if (mesh === undefined) throw new TypeError("Identity is represented where services run apart, and nowhere else.")
  const own = mesh.credentials.service
  const isGateway = own === GATEWAY_CLIENT
  const now = (): Date => host.now()
  const access = createRemoteAccess(mesh)
  const grants = createGrants(access, now)
  const verifier = createTokenVerifier({
    issuer: access.issuer,
    // What a program was given for another service it may send through the gateway, which takes nothing but its own for itself.
    isAudience: isGateway ? (audience) => namedBy(audience) !== undefined : (audience) => audience === audienceOf(own),
    keys: access.keys,
    refreshKeys: access.refreshKeys,
    now,
  })
  const known = createAuthenticate({
    verifier,
    grants,
    here: own,
    takesDevelopmentTokens: isDevelopment,
    takesDevelopmentLogins: isDevelopment && isGateway,
  })
  /** Nobody is judged by keys that were never heard. */
  const ready = <R>(then: () => R | Promise<R>): R | Promise<R> =>
    access.isReady ? then() : access.refreshKeys().then(then)
  const authenticate: Authenticate = Object.assign(
    (...request: Parameters<Authenticate>) =>
      request[0].get("authorization") === null ? known(...request) : ready(() => known(...request)),
    { principalOf: known.principalOf },
  )
  return {
    authenticate,
    exchange: createTokenExchange({
      mesh,
      verify: (token) => ready(() => verifier.verify(token)),
      isDevelopment,
      now,
    }),
    close: () => grants.close(),
  }
}
