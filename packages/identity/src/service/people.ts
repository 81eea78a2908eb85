import type { OwnRoute, Secrets, ServiceHost } from "@archipel/server"
import { systemPrincipal } from "@archipel/core"
import { createCredentials, type RunningCredentials } from "../credentials/create-credentials.ts"
import { createMailer } from "../mail/mailer.ts"
import { createPost } from "../mail/post.ts"
import type { OidcProvider } from "../oidc/provider.ts"
import { createPages } from "../pages/create-pages.ts"
import { inviteNewcomers } from "./invite-newcomers.ts"

/** What people need: credentials, mails and pages. */
export interface People {
  readonly credentials: RunningCredentials
  readonly routes: readonly OwnRoute[]
  close(): Promise<void>
}

export interface PeopleParts {
  readonly host: ServiceHost
  readonly secrets: Secrets
  /** Asked for only when a request is served: the protocol begins after the credentials whose limits it shares. */
  readonly provider: () => OidcProvider
}

const PURGE_MS = 15 * 60_000
/** The path of everything for people. */
const ACCOUNT_PATH = "/account"

/** @throws TypeError that says which setting is missing or wrong */
export async function openPeople({ host, secrets, provider }: PeopleParts): Promise<People> {
  const { database, env, isDevelopment, log } = host
  const now = (): Date => host.now()
  const mailer = createMailer(env, isDevelopment)
  const post = createPost({ database, mailer, secrets, now, log })
  const credentials = await createCredentials({
    db: (reason) => host.as(systemPrincipal(reason)),
    database,
    secrets,
    now,
    publicUrl: host.url,
    env,
    isDevelopment,
    post,
    log,
    endSessions: async (userId, except) => {
      await provider().endSessions(userId, except)
    },
  })
  const pages = createPages({
    host,
    secrets,
    credentials,
    mailer,
    provider: {
      get interactions() {
        return provider().interactions
      },
      currentSession: (incoming, outgoing) => provider().currentSession(incoming, outgoing),
      sessions: (userId) => provider().sessions(userId),
      endSession: (sid) => provider().endSession(sid),
      endSessions: (userId, except) => provider().endSessions(userId, except),
    },
  })
  const inviting = inviteNewcomers(host, credentials)
  let purging: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    purging = credentials.purge().catch((error: unknown) => log.error("old credentials were not deleted", error))
  }, PURGE_MS).unref()
  return {
    credentials,
    routes: [{ prefix: ACCOUNT_PATH, handle: (incoming, outgoing) => pages.handle(incoming, outgoing) }],
    async close() {
      clearInterval(timer)
      await inviting.stop()
      await purging
      await credentials.settled()
      await post.close()
      mailer.close()
    },
  }
}
