import { createSecrets, derivedClientSecret, programSecret, type RunningPart, type ServiceHost } from "@archipel/server"
import { createAuthenticate } from "../access/authenticate.ts"
import { createTokenVerifier } from "../access/verify-token.ts"
import { createGrants } from "../grants/grants.ts"
import { createServiceContracts, type ToldContracts } from "../apart/service-contracts.ts"
import { grantsOfDatabase } from "../grants/grants-source.ts"
import { audienceOf, GATEWAY_CLIENT, namedBy } from "../oidc/client-names.ts"
import { gatewayClient } from "../oidc/clients.ts"
import { createProvider, OIDC_PATH } from "../oidc/provider.ts"
import { ACCOUNT_CLIENT, accountClient } from "../pages/login-address.ts"
import { createProtocolPages } from "../pages/protocol-pages.ts"
import { endLogins } from "./end-logins.ts"
import { guardRestores } from "./guard-restores.ts"
import { offerAccess } from "./offer-access.ts"
import { openPeople } from "./people.ts"

/** Puts together what the service does beside its models. */
export async function runIdentity(host: ServiceHost, told: ToldContracts): Promise<RunningPart> {
  const stack = new AsyncDisposableStack()
  try {
    const programsSecret = await programSecret(host)
    const secrets = createSecrets(programsSecret)
    // Before keys are read: those of a database that is an older copy are not trusted.
    const guard = await guardRestores(host, async () => {
      grants.forget()
      await provider.refreshKeys()
    })
    stack.defer(() => guard.stop())
    const contracts = createServiceContracts(host, told)
    stack.defer(() => contracts.close())
    const source = grantsOfDatabase(host.database, contracts)
    const grants = createGrants(source, () => host.now())
    stack.defer(() => grants.close())
    grants.onOlderDatabase((version) => {
      guard.seen(version).catch((error: unknown) => host.log.error("identity's database could not be judged", error))
    })
    const people = await openPeople({ host, secrets, provider: () => provider })
    stack.defer(() => people.close())
    const provider = await createProvider({
      host,
      secrets,
      contracts,
      clients: [
        gatewayClient(host.url, derivedClientSecret(programsSecret, GATEWAY_CLIENT)),
        accountClient(host.url, derivedClientSecret(programsSecret, ACCOUNT_CLIENT)),
      ],
      pages: createProtocolPages({ url: host.url }),
      rates: people.credentials.rates,
      grantsVersion: async (userId) => (await grants.of(userId))?.version,
    })
    stack.defer(() => provider.close())
    const ending = endLogins({
      host,
      grants,
      endSessions: (userId) => provider.endSessions(userId),
      endSession: (sid) => provider.endSession(sid),
    })
    stack.defer(() => ending.stop())
    const { mesh, isDevelopment } = host
    const verifier = createTokenVerifier({
      issuer: () => provider.issuer,
      isAudience: mesh
        ? (audience) => audience === audienceOf(host.name)
        : (audience) => host.catalog.contracts.has(namedBy(audience) ?? "") || audience === audienceOf(GATEWAY_CLIENT),
      keys: () => provider.keys(),
      refreshKeys: () => provider.refreshKeys(),
      now: () => host.now(),
    })
    const authenticate = createAuthenticate({
      verifier,
      grants,
      here: mesh ? host.name : GATEWAY_CLIENT,
      takesDevelopmentTokens: isDevelopment,
      takesDevelopmentLogins: isDevelopment && mesh === undefined,
    })
    const apart = mesh && offerAccess({ host, mesh, contracts, provider, source, grants, verifier })
    stack.defer(() => apart?.close())
    return {
      routes: [
        { prefix: OIDC_PATH, handle: (incoming, outgoing) => provider.handle(incoming, outgoing) },
        ...people.routes,
      ],
      authenticate,
      ...apart?.parts,
      close: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}
