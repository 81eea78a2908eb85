import { adminAssets } from "@archipel/admin/assets"
import { createSecrets, derivedClientSecret, programSecret, type RunningPart, type ServiceHost } from "@archipel/server"
import { adminRoutes } from "./admin.ts"
import { openFront } from "./apart/front.ts"
import type { GatewayOptions } from "./gateway-service.ts"
import { createIssuerClient } from "./issuer-client.ts"
import { authRoute } from "./routes.ts"
import { createSessionStore, type SessionTimes } from "./session-store.ts"
import { createSessions } from "./sessions.ts"

const HOUR_MS = 3_600_000
const PURGE_MS = 600_000
const PURGE_ROWS = 1_000

/** Logins and sessions of browsers, and where services run apart the one address in front of them. */
export async function runGateway(host: ServiceHost, options: GatewayOptions): Promise<RunningPart> {
  const { url, log } = host
  const secret = await programSecret(host)
  const secrets = createSecrets(secret)
  const now = (): Date => host.now()
  const times: SessionTimes = { idleMs: 8 * HOUR_MS, absoluteMs: 30 * 24 * HOUR_MS, ...options.sessions }
  const store = createSessionStore({ database: host.database, secrets, times, now })
  const issuer = createIssuerClient({
    url,
    secret: derivedClientSecret(secret, "gateway"),
    reachedAt: host.env["ARCHIPEL_ISSUER_ADDRESS"],
    now,
  })
  const sessions = createSessions({ url, store, issuer, now, hash: secrets.hash, log })
  let purging: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    purging = store.purge(PURGE_ROWS).catch((error: unknown) => log.error("old sessions could not be deleted", error))
  }, PURGE_MS)
  timer.unref()
  const { mesh, exchange } = host
  const front = mesh && (await openFront({ mesh, exchange, sessions: sessions.credential, url, log }))
  return {
    routes: [
      authRoute({ url, issuer, store, sessions, secrets, now }),
      ...adminRoutes(adminAssets(), { secure: url.startsWith("https:") }),
    ],
    sessions: sessions.credential,
    ...(front === undefined ? {} : { rest: front }),
    async close() {
      front?.close()
      clearInterval(timer)
      await purging
    },
  }
}
