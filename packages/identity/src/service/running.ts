import {
  authenticateDevelopmentUsers,
  createSecrets,
  derivedClientSecret,
  programSecret,
  type RunningPart,
  type ServiceHost,
} from "@archipel/server"
import { createAuthenticate } from "../access/authenticate.ts"
import { createTokenVerifier } from "../access/verify-token.ts"
import { createGrants } from "../grants/grants.ts"
import { gatewayClient, GATEWAY_CLIENT, serviceOfAudience } from "../oidc/clients.ts"
import { createProvider, OIDC_PATH } from "../oidc/provider.ts"
import { ACCOUNT_CLIENT, accountClient } from "../pages/login-address.ts"
import { createProtocolPages } from "../pages/protocol-pages.ts"
import { endLoginsOfInactive } from "./end-logins.ts"
import { guardRestores } from "./guard-restores.ts"
import { openPeople } from "./people.ts"

/** Puts together what the service does beside its models. */
export async function runIdentity(host: ServiceHost): Promise<RunningPart> {
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
    const grants = createGrants(host)
    stack.defer(() => grants.close())
    grants.onOlderDatabase((version) => {
      guard.seen(version).catch((error: unknown) => host.log.error("identity's database could not be judged", error))
    })
    const people = await openPeople({ host, secrets, provider: () => provider })
    stack.defer(() => people.close())
    const provider = await createProvider({
      host,
      secrets,
      clients: [
        gatewayClient(host.url, host.catalog, derivedClientSecret(programsSecret, GATEWAY_CLIENT)),
        accountClient(host.url, derivedClientSecret(programsSecret, ACCOUNT_CLIENT)),
      ],
      pages: createProtocolPages({ url: host.url }),
      rates: people.credentials.rates,
      grantsVersion: async (userId) => (await grants.of(userId))?.version,
    })
    stack.defer(() => provider.close())
    const ending = endLoginsOfInactive({ host, grants, endSessions: (userId) => provider.endSessions(userId) })
    stack.defer(() => ending.stop())
    const verifier = createTokenVerifier({
      issuer: provider.issuer,
      isAudience: (audience) => serviceOfAudience(host.catalog, audience) !== undefined,
      keys: () => provider.keys(),
      refreshKeys: () => provider.refreshKeys(),
      now: () => host.now(),
    })
    const authenticate = createAuthenticate({
      verifier,
      grants,
      ...(host.isDevelopment ? { development: authenticateDevelopmentUsers({ catalog: host.catalog }) } : {}),
    })
    return {
      routes: [
        { prefix: OIDC_PATH, handle: (incoming, outgoing) => provider.handle(incoming, outgoing) },
        ...people.routes,
      ],
      authenticate,
      close: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}
