import type { Mesh, RunningPart, ServiceHost } from "@archipel/server"
import { createAccessRpc } from "../access/access-rpc.ts"
import { createTokenExchange } from "../access/token-exchange.ts"
import type { TokenVerifier } from "../access/verify-token.ts"
import type { ServiceContracts } from "../apart/service-contracts.ts"
import type { Grants } from "../grants/grants.ts"
import type { GrantsSource } from "../grants/grants-source.ts"
import type { OidcProvider } from "../oidc/provider.ts"
import { seedDevelopment } from "./development-seed.ts"

interface Options {
  readonly host: ServiceHost
  readonly mesh: Mesh
  readonly contracts: ServiceContracts
  readonly provider: Pick<OidcProvider, "issuer" | "keys" | "onKeysChanged">
  readonly source: GrantsSource
  readonly grants: Grants
  readonly verifier: TokenVerifier
}

/** What identity is to the services of a fleet. */
export interface OfferedAccess {
  readonly parts: Pick<RunningPart, "rpc" | "exchange">
  close(): Promise<void>
}

/** Lets services that run apart know who asks and what they may, and follows which roles there are as services join and change. */
export function offerAccess({ host, mesh, contracts, provider, source, grants, verifier }: Options): OfferedAccess {
  const access = createAccessRpc({
    issuer: provider.issuer,
    keys: () => provider.keys(),
    source,
    grants,
  })
  provider.onKeysChanged(access.keysChanged)
  let seeding: Promise<unknown> = Promise.resolve()
  const follow = (): void => {
    // What a service may that acts for users is made of these roles.
    grants.forget()
    if (!host.isDevelopment) return
    seeding = seeding
      .then(() => seedDevelopment(host, contracts.all()))
      .catch((error: unknown) => host.log.error("new roles were not given to the users of development", error))
  }
  const stop = contracts.onChange(follow)
  // Of services that answered before anybody listened.
  follow()
  return {
    parts: {
      rpc: [access.rpc],
      exchange: createTokenExchange({
        mesh,
        verify: (token) => verifier.verify(token),
        isDevelopment: host.isDevelopment,
        now: () => host.now(),
      }),
    },
    async close() {
      stop()
      access.close()
      await seeding
    },
  }
}
