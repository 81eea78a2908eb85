import { authenticateDevelopmentUsers, type RunningPart, type ServiceHost } from "@archipel/server"
import { createSecrets, programSecret } from "../secrets.ts"

/** Puts together what the service does beside its models. */
export async function runIdentity(host: ServiceHost): Promise<RunningPart> {
  const secrets = createSecrets(await programSecret(host))
  void secrets
  return { authenticate: authenticateDevelopmentUsers({ catalog: host.catalog }), close: async () => {} }
}
