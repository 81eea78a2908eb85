/** The identity service on a database of its own, credentials in front of it, and a mail server. */
import { randomBytes } from "node:crypto"
import { type Db, systemPrincipal } from "@archipel/core"
import type { Database } from "@archipel/data"
import { createSecrets, openServices } from "@archipel/server"
import { testDatabase } from "../../../../tests/support/database.ts"
import { createCredentials, type RunningCredentials } from "../../src/credentials/create-credentials.ts"
import { createMailer } from "../../src/mail/mailer.ts"
import { createPost } from "../../src/mail/post.ts"
import { identityService } from "../../src/service/service.ts"
import { type MailServer, mailServer } from "./mail-server.ts"

export const ORIGIN = "https://login.example.com"
/** Strong enough, and nobody's. */
export const PASSWORD = "violet-harbour-93-kites"
export const OTHER_PASSWORD = "seven quiet lanterns 41"

export interface CredentialsProgram extends AsyncDisposable {
  readonly credentials: RunningCredentials
  readonly database: Database
  readonly db: Db
  readonly mail: MailServer
  /** Users whose sessions were all ended, but for one. */
  readonly ended: readonly { readonly userId: string; readonly except: string | undefined }[]
  readonly log: readonly string[]
  now: Date
  /** Another process on the same database. */
  another(): Promise<RunningCredentials>
  user(values?: {
    readonly email?: string
    readonly emailVerified?: boolean
    readonly active?: boolean
    readonly locale?: string
  }): Promise<Person>
  /** The secret of the newest link in a mail to an address. */
  linkTo(address: string, kind: string): Promise<string>
  advance(seconds: number): void
  /** As the program would keep it. */
  seal(purpose: string, plain: string): string
}

export interface Person {
  readonly id: string
  readonly email: string
}

let people = 0

export async function credentialsProgram(
  options: { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<CredentialsProgram> {
  const stack = new AsyncDisposableStack()
  const mail = stack.use(await mailServer())
  const place = stack.use(await testDatabase("credentials"))
  const services = stack.use(
    await openServices({
      services: [identityService()],
      dataDirectory: "/nonexistent",
      env: { DATABASE_URL: place.url },
      now: () => program.now,
    }),
  )
  const database = services.databaseOf("identity")
  const secrets = createSecrets(randomBytes(32))
  const env = { SMTP_URL: mail.url, MAIL_FROM: "Archipel <login@example.com>", ...options.env }
  const ended: { userId: string; except: string | undefined }[] = []
  const log: string[] = []
  const start = async (): Promise<RunningCredentials> => {
    const logging = {
      error: (message: string, error: unknown) => void log.push(`${message}: ${String(error)}`),
      info: (message: string) => void log.push(message),
    }
    const now = (): Date => program.now
    const post = createPost({ database, mailer: createMailer(env, true), secrets, now, log: logging })
    const credentials = await createCredentials({
      db: (reason) => services.as(systemPrincipal(reason)),
      database,
      secrets,
      now,
      publicUrl: ORIGIN,
      env,
      isDevelopment: true,
      post,
      log: logging,
      endSessions: async (userId, except) => void ended.push({ userId, except }),
    })
    stack.defer(async () => {
      await credentials.settled()
      await post.close()
    })
    return credentials
  }
  const db = services.as(systemPrincipal("arranges a test"))
  const program: CredentialsProgram = {
    credentials: undefined as never,
    database,
    db,
    mail,
    ended,
    log,
    now: new Date(),
    another: start,
    async user({ email, emailVerified = true, active = true, locale } = {}) {
      const address = email ?? `person${++people}@example.com`
      const { id } = await db("identity.User").create({
        name: "Vera Example",
        email: address,
        emailVerified,
        active,
        ...(locale === undefined ? {} : { locale }),
      })
      return { id, email: address }
    },
    async linkTo(address, kind) {
      await program.credentials.settled()
      const pattern = new RegExp(`${ORIGIN}/account/${kind}/([\\w-]{43})`)
      const found = mail.to(address).flatMap(({ text }) => pattern.exec(text)?.[1] ?? [])
      const secret = found.at(-1)
      if (secret === undefined) throw new Error(`No mail to ${address} has a link of that kind.`)
      return secret
    },
    seal: (purpose, plain) => secrets.seal(purpose, plain),
    advance(seconds) {
      program.now = new Date(program.now.getTime() + seconds * 1_000)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
  Object.assign(program, { credentials: await start() })
  return program
}

/** How often races are run. */
export const ROUNDS = process.env["FULL"] === "1" ? 200 : 20
