/**
 * Identity with its database on one side, and what stands for it in the processes of other services on the other: between them real
 * certificates, and a network that a test can cut.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { request } from "node:https"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  type ContractDefinition,
  type Db,
  knownContracts,
  type Principal,
  resolveCatalog,
  systemPrincipal,
} from "@archipel/core"
import { type Database, openDatabase } from "@archipel/data"
import { createLog, createSecrets, openServices, type RunningPart, type ServiceHost } from "@archipel/server"
import { Server } from "@grpc/grpc-js"
import { testDatabase } from "../../../../tests/support/database.ts"
import { listenBetween } from "../../../server/src/between/listener.ts"
import { createAuthority, issue } from "../../../server/src/between/trust/authority.ts"
import { holdCredentials } from "../../../server/src/between/trust/held-credentials.ts"
import { type KeyPair, serverNameOf } from "../../../server/src/between/trust/workload.ts"
import { noLog } from "../../../server/src/log.ts"
import { createArtifacts } from "../../src/oidc/artifacts.ts"
import { identityService } from "../../src/service/service.ts"
import { SECRET, signed } from "../access/directory-program.ts"
import { type Line, line } from "./line.ts"
import { Directory, testMesh } from "./test-mesh.ts"

/** What people and tokens know the company as, wherever its services are. */
export const PUBLIC_URL = "https://company.example"

/** A contract as another service describes itself: nobody here has imported it. */
export const described = (
  name: string,
  roles: readonly string[],
  refersTo: readonly string[] = [],
): ContractDefinition =>
  ({
    name,
    roles,
    models: {
      Thing: {
        members: Object.fromEntries(
          refersTo.map((to, n) => [
            `other${n}`,
            { kind: "one", to: `${to}.Thing`, writtenBy: "user", onDelete: "restrict" },
          ]),
        ),
        actions: {},
        unique: [],
        indexes: [],
        checks: {},
      },
    },
  }) as unknown as ContractDefinition

export interface Process extends AsyncDisposable {
  readonly part: RunningPart
  /** Between this process and identity. */
  readonly line: Line
  /** Who sends a request with that Authorization, to this process' service where no other is named. */
  who(authorization: string, service?: string): Promise<Principal>
  /** A token for another service, in exchange. */
  exchange(token: string, service: string): Promise<string>
  /** A form that this service sends to identity itself. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<PostAnswer>
}

export interface PostAnswer {
  readonly status: number
  readonly json: Record<string, unknown>
}

export interface Fleet extends AsyncDisposable {
  readonly db: Db
  readonly database: Database
  readonly log: readonly string[]
  readonly directory: Directory
  /** Identity's own part. */
  readonly part: RunningPart
  /** What this database's rights are to one program with all services. */
  whole(): Promise<RunningPart>
  process(service: string, options?: ProcessOptions): Promise<Process>
  /** A login of a user, with all that there is of one. */
  login(userId: string): Promise<string>
  end(sid: string): Promise<void>
  /** A token as identity signs them, but for what is given. */
  token(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>
  /** Where identity is, past all lines. */
  readonly port: number
  /** A key and certificate as the authority of the fleet gives them. */
  pairOf(service: string, trustDomain?: string): Promise<KeyPair>
  /** Requests that reached the token endpoint. */
  readonly exchanges: () => number
}

export interface ProcessOptions {
  readonly now?: () => Date
  readonly isDevelopment?: boolean
  /** How much it is told, though it is answered what it asks. */
  readonly hears?: "nothing" | "first"
  /** Whether it begins while identity cannot be reached. */
  readonly isCut?: boolean
}

/** The code with which something is refused; undefined for what is not. */
export const codeOf = (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  )

export interface FleetOptions {
  readonly isDevelopment?: boolean
  readonly contracts?: readonly ContractDefinition[]
}

/** Sends a form over a connection of a test's own. */
export function postForm(
  port: number,
  pair: Partial<KeyPair> | undefined,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        port,
        host: "127.0.0.1",
        path,
        method: "POST",
        servername: serverNameOf("identity"),
        ...(pair?.authorities === undefined ? {} : { ca: pair.authorities }),
        ...(pair?.key === undefined ? {} : { key: pair.key, cert: pair.certificate }),
        headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      },
      (answer) => {
        let text = ""
        answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, json: JSON.parse(text || "{}") as never }))
        answer.on("error", reject)
      },
    )
    sent.on("error", reject)
    sent.end(new URLSearchParams(fields).toString())
  })
}

export async function fleet({ isDevelopment = true, contracts = [] }: FleetOptions = {}): Promise<Fleet> {
  const stack = new AsyncDisposableStack()
  try {
    const authority = await createAuthority("archipel", new Date())
    const pairOf = async (service: string, trustDomain = "archipel"): Promise<KeyPair> => ({
      ...(await issue(authority, { trustDomain, service, now: new Date() })),
      authorities: authority.certificate,
    })
    const directory = new Directory()
    for (const contract of contracts) directory.join(contract)
    const url = stack.use(await testDatabase("fleet")).url
    const dataDirectory = await mkdtemp(join(tmpdir(), "archipel-fleet-"))
    stack.defer(() => rm(dataDirectory, { recursive: true, force: true }))
    const service = identityService()
    const identity = knownContracts().get("identity") as ContractDefinition
    const known = new Map([["identity", identity]])
    const env = {
      DATABASE_URL_IDENTITY: url,
      ARCHIPEL_SECRET: SECRET,
      SMTP_URL: "smtp://127.0.0.1:1",
      MAIL_FROM: "a@example.com",
    }
    const services = stack.use(await openServices({ services: [service], contracts: known, env, dataDirectory }))
    const log: string[] = []
    let exchanges = 0

    const pair = await pairOf("identity")
    let handle = (_incoming: IncomingMessage, outgoing: ServerResponse): void => void outgoing.writeHead(404).end()
    const rpc = new Server()
    const listener = await listenBetween({
      credentials: holdCredentials({ service: "identity", trustDomain: "archipel", pair }),
      host: "127.0.0.1",
      port: 0,
      grpc: rpc,
      http: (incoming, outgoing) => handle(incoming, outgoing),
      maySpeak: () => true,
      log: noLog,
    })
    stack.defer(() => listener.close(0))
    const { port } = listener

    const mesh = testMesh({ service: "identity", pair, directory, port: () => port })
    stack.defer(() => mesh.close())
    const host: ServiceHost = {
      name: "identity",
      url: PUBLIC_URL,
      database: services.databaseOf("identity"),
      dataDirectory,
      env,
      isDevelopment,
      log: createLog({ level: "info", destination: { write: (text: string) => void log.push(text) } }),
      catalog: services.catalog,
      mesh,
      now: () => new Date(),
      as: (principal, context) => services.as(principal, context),
    }
    await service.prepare?.(host)
    const part = (await service.runs?.(host)) as RunningPart
    stack.defer(() => part.close())
    for (const { definition, handlers } of part.rpc ?? []) rpc.addService(definition, handlers)
    handle = (incoming, outgoing) => {
      if (incoming.url?.startsWith("/oidc/token")) exchanges++
      const route = part.routes?.find(({ prefix }) => incoming.url?.startsWith(prefix))
      void Promise.resolve(route?.handle(incoming, outgoing)).catch((error: unknown) => {
        log.push(String(error))
        outgoing.destroy()
      })
    }

    const database = stack.use(openDatabase({ connectionString: url }))
    const db = services.as(systemPrincipal("test"))
    const artifacts = createArtifacts({
      database,
      secrets: createSecrets(Buffer.from(SECRET)),
      now: () => new Date(),
    })

    let logins = 0
    return {
      db,
      database,
      log,
      directory,
      part,
      port,
      pairOf,
      exchanges: () => exchanges,
      async whole() {
        const all = resolveCatalog([identity])
        const whole = (await identityService().runs?.({ ...host, catalog: all, mesh: undefined })) as RunningPart
        stack.defer(() => whole.close())
        return whole
      },
      async process(name, { now = () => new Date(), isDevelopment: isHere = isDevelopment, isCut, hears } = {}) {
        const own = new AsyncDisposableStack()
        const between = own.use(await line(port))
        if (isCut) between.cut()
        const ownPair = await pairOf(name)
        const ownMesh = testMesh({ service: name, pair: ownPair, directory, port: () => between.port, hears })
        own.defer(() => ownMesh.close())
        const { database: _none, ...rest } = host
        const represented = (await identityService().represents?.({
          ...rest,
          name,
          mesh: ownMesh,
          isDevelopment: isHere,
          now,
          // Whatever this process listens at itself.
          url: "http://localhost:1",
        })) as RunningPart
        own.defer(() => represented.close())
        const made: Process = {
          part: represented,
          line: between,
          who: async (authorization, to = name) =>
            (represented.authenticate as NonNullable<typeof represented.authenticate>)(
              { get: (header) => (header === "authorization" ? authorization : null) },
              to,
            ),
          exchange: async (token, to) =>
            (represented.exchange as NonNullable<typeof represented.exchange>)({ token }, to),
          post: (path, fields, headers) => postForm(between.port, ownPair, path, fields, headers),
          [Symbol.asyncDispose]: () => own.disposeAsync(),
        }
        stack.use(made)
        return made
      },
      async login(userId) {
        const sid = `sid-${++logins}-${Math.random().toString(36).slice(2)}`
        const expiresAt = new Date(Date.now() + 3_600_000).toISOString()
        await artifacts
          .adapter("Session")
          .upsert(
            `handle-${sid}`,
            { jti: `handle-${sid}`, kind: "Session", uid: sid, accountId: userId } as never,
            3_600,
          )
        await db("identity.Session").create({
          user: userId as never,
          sid,
          methods: "pwd",
          lastSeenAt: new Date().toISOString(),
          expiresAt,
        })
        return sid
      },
      async end(sid) {
        await artifacts.removeSession(sid, [])
        const [row] = await db("identity.Session").find({ select: [], where: { sid } })
        if (row) await db("identity.Session").update(row.id, { endedAt: new Date().toISOString() })
      },
      token: (claims, header) => signed(database, PUBLIC_URL, new Date(), claims, header),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}
