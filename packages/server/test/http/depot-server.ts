import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { testDatabase } from "../../../../tests/support/database.ts"
import { developmentIdentity, seedDevelopmentUsers } from "../../src/auth/development-identity.ts"
import { authenticateDevelopmentUsers } from "../../src/auth/development-users.ts"
import { diskFiles } from "../../src/files/disk-files.ts"
import { createHttpApp, type HttpAppOptions } from "../../src/http/app.ts"
import { serveHttp } from "../../src/http/serve.ts"
import { createLog, noLog } from "../../src/log.ts"
import { measureDatabases } from "../../src/measure-databases.ts"
import { createMetrics, measureProcess } from "../../src/metrics.ts"
import { openServices } from "../../src/open-services.ts"
import { service } from "../../src/service.ts"
import { depotLogic } from "./depot.ts"

/** What came back, with the body read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; `undefined` if it is none. */
  readonly json: Json
}
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
// oxlint-disable-next-line typescript/no-explicit-any
type Json = any

export interface Asking {
  readonly method?: string
  readonly as?: string | null
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; texts and bytes as they are. */
  readonly body?: unknown
}

export interface DepotServer {
  readonly url: string
  ask(path: string, asking?: Asking): Promise<Answer>
  /** The lines logged so far. */
  readonly logged: readonly Record<string, Json>[]
  readonly databaseUrl: string
  close(graceMs?: number): Promise<void>
}

const roles = {
  administrator: ["depot.user", "depot.manager", "identity.reader"],
  manager: ["depot.user", "depot.manager", "identity.reader"],
  clerk: ["depot.user", "identity.reader"],
  outsider: [],
}

function bodyOf(body: unknown): string | Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined || typeof body === "string") return body
  return body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body)
}

/** The depot's program over two databases that are there, listening on a free port. */
export async function runDepot(
  urls: { readonly depot: string; readonly identity: string },
  directory: string,
  options: Partial<HttpAppOptions> = {},
) {
  const open = await openServices({
    services: [developmentIdentity, service("depot", { logic: depotLogic as never })],
    dataDirectory: directory,
    env: { DATABASE_URL_DEPOT: urls.depot, DATABASE_URL_IDENTITY: urls.identity },
  })
  await seedDevelopmentUsers(open)
  const metrics = createMetrics()
  measureProcess(metrics)
  measureDatabases(metrics, open.databases)
  const app = createHttpApp({
    services: open.services,
    authenticate: authenticateDevelopmentUsers({ catalog: open.catalog, roles }),
    log: noLog,
    metrics,
    files: diskFiles(join(directory, "files")),
    developmentLogin: true,
    ...options,
  })
  const server = await serveHttp(app, { port: 0, host: "127.0.0.1" })
  return {
    url: server.url,
    async close(graceMs: number) {
      await server.close(graceMs)
      await open.close()
    },
  }
}

/** The depot over real databases of its own, in this process. */
export async function startDepot(options: Partial<HttpAppOptions> = {}): Promise<DepotServer> {
  const databases = [await testDatabase("http_depot"), await testDatabase("http_identity")] as const
  const directory = await mkdtemp(join(tmpdir(), "archipel-http-"))
  const logged: Record<string, Json>[] = []
  const log = createLog({ destination: { write: (line) => void logged.push(JSON.parse(line)) } })
  const server = await runDepot({ depot: databases[0].url, identity: databases[1].url }, directory, { log, ...options })
  return {
    url: server.url,
    logged,
    databaseUrl: databases[0].url,
    async ask(path, { method, as = "alice", headers = {}, body } = {}) {
      const isJson = body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)
      const sent = bodyOf(body)
      const response = await fetch(server.url + path, {
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: {
          ...(as === null ? {} : { authorization: `Bearer dev:${as}` }),
          ...(isJson ? { "content-type": "application/json" } : {}),
          ...headers,
        },
        ...(sent === undefined ? {} : { body: sent }),
        redirect: "manual",
      })
      const text = await response.text()
      let json: Json
      try {
        json = JSON.parse(text)
      } catch {
        json = undefined
      }
      return { status: response.status, headers: response.headers, text, json }
    },
    async close(graceMs = 2_000) {
      await server.close(graceMs)
      for (const database of databases) await database.drop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
