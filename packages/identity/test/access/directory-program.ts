/**
 * Identity and one other service in front of real databases, and tokens for whoever a test likes.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Db, systemPrincipal } from "@archipel/core"
import { type Database, openDatabase } from "@archipel/data"
import { createLog, createSecrets, open, type Program } from "@archipel/server"
import { importJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose"
import { crm } from "../../../../examples/company/crm/service.ts"
import { type Ask, asksOf } from "../../../../tests/support/asking.ts"
import { testDatabase } from "../../../../tests/support/database.ts"
import { identityService } from "../../src/service/service.ts"

export const users = {
  alice: "01900000-0000-7000-8000-000000000001",
  martin: "01900000-0000-7000-8000-000000000002",
  clara: "01900000-0000-7000-8000-000000000003",
  oscar: "01900000-0000-7000-8000-000000000004",
} as const

export const SECRET = "a secret of these tests, thirty-two bytes and more"

/** How long anything may take to become true. */
export const DEADLINE = { timeout: 20_000, interval: 5 }

export interface DirectoryProgram extends AsyncDisposable {
  readonly url: string
  readonly program: Program
  readonly ask: Ask
  readonly db: Db
  readonly database: Database
  /** Lines of the log. */
  readonly log: string[]
  /** A login of a user: a record of it, without a browser. */
  login(userId: string): Promise<string>
  /** A token as the issuer makes them, but for what is given; `undefined` leaves a claim out. */
  token(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
}

export interface DirectoryOptions {
  readonly url?: string
  readonly crmUrl?: string
  readonly dataDirectory?: string
  /** What the issuer calls itself, whatever its port. */
  readonly publicUrl?: string
  readonly now?: () => Date
}

export async function directoryProgram(options: DirectoryOptions = {}): Promise<DirectoryProgram> {
  const stack = new AsyncDisposableStack()
  try {
    const identityUrl = options.url ?? stack.use(await testDatabase("directory")).url
    const crmUrl = options.crmUrl ?? stack.use(await testDatabase("directory_crm")).url
    const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "archipel-directory-")))
    if (options.dataDirectory === undefined) stack.defer(() => rm(dataDirectory, { recursive: true, force: true }))
    const log: string[] = []
    const program = stack.use(
      await open([identityService(), crm], {
        port: 0,
        host: "127.0.0.1",
        dataDirectory,
        env: {
          DATABASE_URL_IDENTITY: identityUrl,
          DATABASE_URL_CRM: crmUrl,
          ARCHIPEL_SECRET: SECRET,
          ...(options.publicUrl ? { ARCHIPEL_URL: options.publicUrl } : {}),
        },
        log: createLog({ level: "info", destination: { write: (line: string) => void log.push(line) } }),
        ...(options.now ? { now: options.now } : {}),
      }),
    )
    const database = stack.use(openDatabase({ connectionString: identityUrl }))
    const db = program.open.as(systemPrincipal("test"))
    const now = options.now ?? (() => new Date())
    let logins = 0
    return {
      url: program.url,
      program,
      ask: asksOf(program.url),
      db,
      database,
      log,
      async login(userId) {
        const sid = `sid-${++logins}-${Math.random().toString(36).slice(2)}`
        await db("identity.Session").create({
          user: userId as never,
          sid,
          methods: "pwd",
          lastSeenAt: now().toISOString(),
          expiresAt: new Date(now().getTime() + 3_600_000).toISOString(),
        })
        return sid
      },
      token: (claims, header) => signed(database, options.publicUrl ?? program.url, now(), claims, header),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** A token of the newest key in the database. */
export async function signed(
  database: Database,
  url: string,
  now: Date,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const { rows } = await database.query<{ kid: string; private_key: string }>({
    text: "select kid, private_key from signing_keys where signs_from <= now() order by signs_from desc limit 1",
  })
  const [key] = rows
  if (!key) throw new Error("There is no key.")
  const jwk = JSON.parse(createSecrets(Buffer.from(SECRET)).open("signing-key", key.private_key)) as object
  const seconds = Math.floor(now.getTime() / 1_000)
  const all = {
    iss: `${url}/oidc`,
    aud: "urn:archipel:gateway",
    client_id: "gateway",
    iat: seconds,
    exp: seconds + 300,
    jti: crypto.randomUUID(),
    ...claims,
  }
  const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  return new SignJWT(payload as JWTPayload)
    .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: key.kid, ...header } as JWTHeaderParameters)
    .sign(await importJWK(jwk, "ES256"))
}

export const bearer = (token: string) => ({ as: null, headers: { authorization: `Bearer ${token}` } })
