import type { ServiceHost } from "@archipel/server"
import { ensureGrantsSchema } from "../grants/grants-schema.ts"
import { seedDevelopment } from "./development-seed.ts"

/** What has to be in the database before anybody asks. */
export async function prepareIdentity(host: Omit<ServiceHost, "url">): Promise<void> {
  await ensureGrantsSchema(host.database)
  if (host.isDevelopment) await seedDevelopment(host)
}
