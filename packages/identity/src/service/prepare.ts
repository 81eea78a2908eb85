import { systemPrincipal } from "@archipel/core"
import { createSecrets, programSecret, type ServiceHost } from "@archipel/server"
import { createCredentials } from "../credentials/create-credentials.ts"
import { ensureGrantsSchema } from "../grants/grants-schema.ts"
import { seedDevelopment } from "./development-seed.ts"

/** The password of all users of development. */
export const DEVELOPMENT_PASSWORD = "archipel"

/** What has to be in the database before anybody asks. */
export async function prepareIdentity(host: Omit<ServiceHost, "url">): Promise<void> {
  await ensureGrantsSchema(host.database)
  if (!host.isDevelopment) return
  const made = await seedDevelopment(host, host.catalog.contracts)
  if (made.length > 0) await givePasswords(host, made)
}

async function givePasswords(host: Omit<ServiceHost, "url">, userIds: readonly string[]): Promise<void> {
  const { database, env, isDevelopment, log } = host
  const credentials = await createCredentials({
    db: (reason) => host.as(systemPrincipal(reason)),
    database,
    secrets: createSecrets(await programSecret(host)),
    now: () => host.now(),
    // Nobody is written to, and nobody is logged in.
    publicUrl: "http://localhost",
    env: { ...env, LOGIN_ISSUERS: undefined },
    isDevelopment,
    post: { send: async () => {}, settled: async () => {}, close: async () => {} },
    log,
    endSessions: async () => {},
  })
  await Promise.all(userIds.map((id) => credentials.passwords.seed(id, DEVELOPMENT_PASSWORD)))
}
