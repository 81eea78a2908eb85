/**
 * A program with the identity service, at an address, with a clock that a test moves.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Db, systemPrincipal } from "@archipel/core"
import { createLog, createSecrets, type Program, start } from "@archipel/server"
import { Secret, TOTP } from "otpauth"
import { testDatabase } from "../../../../tests/support/database.ts"
import { createCredentials, type RunningCredentials } from "../../src/credentials/create-credentials.ts"
import { createMailer } from "../../src/mail/mailer.ts"
import { createPost } from "../../src/mail/post.ts"
import { identityService } from "../../src/service/service.ts"

/** Strong enough, and nobody's. */
export const PASSWORD = "violet-harbour-93-kites"

export interface TestPerson {
  readonly id: string
  readonly email: string
}

export interface PagesProgram extends AsyncDisposable {
  readonly url: string
  readonly db: Db
  /** In front of the same database, with the same secret. */
  readonly credentials: RunningCredentials
  /** A user with this password, or none for "". */
  person(options?: {
    readonly password?: string
    readonly locale?: string
    readonly name?: string
  }): Promise<TestPerson>
  /** Moves the clock: a code of an authenticator app works once. */
  advance(seconds: number): void
  now(): Date
  /** What an authenticator app shows. */
  code(secret: string): string
  /** With two-step verification on; its secret and recovery codes. */
  withTotp(person: TestPerson): Promise<{ readonly secret: string; readonly codes: readonly string[] }>
  /** The newest link of a kind in the mails that the program shows in development. */
  mailedLink(kind: string, to: string): Promise<string>
}

const ARCHIPEL_SECRET = "a secret of the tests of people's pages, long enough"

let people = 0

export async function pagesProgram(env: Readonly<Record<string, string>> = {}): Promise<PagesProgram> {
  const stack = new AsyncDisposableStack()
  const database = stack.use(await testDatabase("pages"))
  const dataDirectory = await mkdtemp(join(tmpdir(), "archipel-pages-"))
  stack.defer(() => rm(dataDirectory, { recursive: true, force: true }))
  let offset = 0
  const now = (): Date => new Date(Date.now() + offset)
  const program = stack.use(
    await start([identityService()], {
      port: 0,
      host: "localhost",
      dataDirectory,
      env: { DATABASE_URL: database.url, ARCHIPEL_SECRET, ...env },
      log: createLog({ level: "silent" }),
      now,
    }),
  )
  const { open } = program as Program
  const secrets = createSecrets(Buffer.from(ARCHIPEL_SECRET))
  const identity = open.databaseOf("identity")
  const mailer = createMailer({}, true)
  const log = { error: () => {}, info: () => {} }
  const post = createPost({ database: identity, mailer, secrets, now, log })
  stack.defer(() => post.close())
  const db = open.as(systemPrincipal("arranges a test"))
  const credentials = await createCredentials({
    db: (reason) => open.as(systemPrincipal(reason)),
    database: identity,
    secrets,
    now,
    publicUrl: program.url,
    env,
    isDevelopment: true,
    post,
    log,
    endSessions: () => Promise.resolve(),
  })
  const code = (secret: string): string =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now().getTime() })
  return {
    url: program.url,
    db,
    credentials,
    now,
    async person({ password = PASSWORD, locale, name = "Vera Example" } = {}) {
      const email = `vera${++people}@example.com`
      const values = { name, email, emailVerified: true, ...(locale === undefined ? {} : { locale }) }
      const { id } = await db("identity.User").create(values)
      if (password !== "") await credentials.passwords.seed(id, password)
      return { id, email }
    },
    advance(seconds) {
      offset += seconds * 1_000
    },
    code,
    async withTotp({ id }) {
      const { secret } = await credentials.totp.begin(id)
      const codes = await credentials.totp.confirm(id, code(secret), "203.0.113.9")
      if (!codes) throw new Error("The code was refused.")
      offset += 60_000
      return { secret, codes }
    },
    async mailedLink(kind, to) {
      const pattern = new RegExp(`${program.url}/account/${kind}/[\\w-]{43}`)
      const until = Date.now() + 20_000
      for (;;) {
        const page = await (await fetch(`${program.url}/account/mail`)).text()
        const mail = page.split("<article").find((part) => part.includes(to) && pattern.test(part))
        const link = mail && pattern.exec(mail)?.[0]
        if (link) return link
        if (Date.now() > until) throw new Error(`No mail to ${to} has a link of the kind ${kind}.`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
