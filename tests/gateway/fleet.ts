/**
 * Services behind a gateway, each at a port of its own with mutual TLS, with the real identity service; and the same services in one
 * process on the same records, to compare with.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import type { IncomingHttpHeaders } from "node:http"
import { request, type RequestOptions } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ArchipelError } from "@archipel/core"
import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import { createLog, derivedClientSecret, openServices, type Service, type ServiceDescription } from "@archipel/server"
import { behindGateway, GATEWAY_HOPS } from "../../packages/server/src/between/behind-gateway.ts"
import type { TokenExchange } from "../../packages/server/src/between/token-exchange.ts"
import { diskFiles } from "../../packages/server/src/files/disk-files.ts"
import { createHttpApp, type HttpAppOptions } from "../../packages/server/src/http/app.ts"
import { type ListeningServer, serveHttp } from "../../packages/server/src/http/serve.ts"
import { createMetrics, renderMetrics } from "../../packages/server/src/metrics.ts"
import { hostOf, type RunningParts, startParts, type Surroundings } from "../../packages/server/src/running-parts.ts"
import { testDatabase } from "../support/database.ts"
import { type Berth, type Certified, certified, type Listener, peerOf } from "./certified.ts"
import { harbour } from "./harbour.ts"

const SECRET = "a secret of the tests of the gateway"

/** A request as a service received it. */
export interface Received {
  readonly service: string
  readonly replica: string
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export interface Gateway {
  readonly url: string
  readonly lines: string[]
  metrics(): string
  close(graceMs?: number): Promise<void>
}

export interface Fleet extends AsyncDisposable {
  /** The first gateway's address, which is the public one. */
  readonly url: string
  readonly gateway: Gateway
  readonly certified: Certified
  /** The same services in one process. */
  readonly whole: { readonly url: string }
  /** What services received since the last time. */
  received(): Received[]
  /** Starts another replica of a service. */
  replica(service: string): Promise<Berth>
  /** Puts something else in a service's place, or makes a service of another make. */
  join(service: string, berth: Berth, description?: Partial<ServiceDescription>): void
  leave(service: string): void
  /** Another gateway on the same database. */
  secondGateway(): Promise<Gateway>
}

export interface FleetOptions {
  readonly http?: Pick<HttpAppOptions, "cors" | "limits" | "proxyHops" | "secure">
}

function post(options: RequestOptions, body: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, method: "POST" }, (answer) => {
      let text = ""
      answer.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    asked.once("error", reject)
    asked.end(body)
  })
}

export async function startFleet({ http = {} }: FleetOptions = {}): Promise<Fleet> {
  const stack = new AsyncDisposableStack()
  const databases = await Promise.all(
    ["identity", "gateway", "north", "south"].map(async (name) => {
      const database = await testDatabase(`fleet_${name}`)
      stack.use(database)
      return [`DATABASE_URL_${name.toUpperCase()}`, database.url] as const
    }),
  )
  const dataDirectory = await mkdtemp(join(tmpdir(), "archipel-fleet-"))
  stack.defer(() => rm(dataDirectory, { recursive: true, force: true }))
  const env = { ...Object.fromEntries(databases), ARCHIPEL_SECRET: SECRET }
  const identity = identityService()
  const running = await openServices({ services: [identity, gatewayService(), ...harbour], env, dataDirectory })
  stack.defer(() => running.close())
  const { catalog } = running
  const silent = createLog({ level: "silent" })
  const around: Surroundings = { running, catalog, dataDirectory, env, log: silent, now: () => new Date() }
  await identity.prepare?.(hostOf("identity", around))
  const fleet = await certified()
  const files = diskFiles(join(dataDirectory, "files"))
  const received: Received[] = []
  const described = new Map<string, ServiceDescription>()
  const parts = new Map<string, RunningParts>()
  let publicUrl = ""

  const authenticate: HttpAppOptions["authenticate"] = (headers, service) => {
    const found = parts.get("identity")?.authenticate
    if (found === undefined) throw new ArchipelError("auth.required", {})
    return found(headers, service)
  }
  const join_ = (service: string, { address }: Berth, description: Partial<ServiceDescription> = {}): void => {
    const contract = catalog.contracts.get(service)
    described.set(service, {
      protocol: 1,
      framework: "0.1.0",
      service,
      version: null,
      revision: String(described.size),
      contract: contract as ServiceDescription["contract"],
      routes: (parts.get(service)?.routes ?? []).map(({ prefix }) => prefix),
      ...description,
    })
    fleet.addresses.set(service, [address])
    fleet.moved()
  }
  const leave = (service: string): void => {
    fleet.addresses.delete(service)
    fleet.moved()
  }
  const replica = async (service: string): Promise<Berth> => {
    const runtime = running.services.get(service)
    if (runtime === undefined) throw new Error(`There is no service ${service}.`)
    const app = createHttpApp({
      services: new Map([[service, runtime]]),
      authenticate,
      log: silent,
      metrics: createMetrics(),
      files,
      ownRoutes: parts.get(service)?.routes ?? [],
      proxyHops: GATEWAY_HOPS,
      pages: false,
      ...(http.limits ? { limits: http.limits } : {}),
    })
    let address = ""
    const listener: Listener = (incoming, outgoing) => {
      const { method = "", url = "", headers } = incoming
      if (url !== "/livez") received.push({ service, replica: address, method, url, headers: { ...headers } })
      behindGateway(app.listener, peerOf)(incoming, outgoing)
    }
    const berth = await fleet.serve(service, listener)
    address = berth.address
    stack.defer(() => berth.close())
    return berth
  }

  /** Asks the real identity service, as the gateway's client (RFC 8693). */
  const exchangeOver = (mesh: Awaited<ReturnType<Certified["mesh"]>>): TokenExchange => {
    const kept = new Map<string, string>()
    return async ({ token }, service) => {
      if (token.startsWith("dev:")) return token
      const known = kept.get(`${service} ${token}`)
      if (known !== undefined) return known
      const [host = "", port = ""] = (fleet.addresses.get("identity")?.[0] ?? "").split(":")
      const secret = derivedClientSecret(Buffer.from(SECRET), "gateway")
      const body = new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: token,
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        resource: `urn:archipel:${service}`,
      })
      const { status, text } = await post(
        {
          agent: mesh.agent("identity"),
          host,
          port,
          path: "/oidc/token",
          headers: {
            authorization: `Basic ${Buffer.from(`gateway:${secret}`).toString("base64")}`,
            "content-type": "application/x-www-form-urlencoded",
          },
        },
        body.toString(),
      )
      if (status !== 200) throw new ArchipelError("auth.invalid", {})
      const exchanged = (JSON.parse(text) as { access_token: string }).access_token
      kept.set(`${service} ${token}`, exchanged)
      return exchanged
    }
  }

  const gatewayAt = async (onUrl: (url: string) => Promise<void>): Promise<Gateway> => {
    const mesh = await fleet.mesh("gateway", described)
    stack.defer(() => mesh.close())
    const lines: string[] = []
    const log = createLog({ level: "info", destination: { write: (line: string) => void lines.push(line) } })
    const metrics = createMetrics()
    let own: RunningParts | undefined
    const server: ListeningServer = await serveHttp(
      async (url) => {
        await onUrl(url)
        const exchanging = {
          name: "identity",
          logic: [],
          runs: async () => ({ exchange: exchangeOver(mesh), close: async () => {} }),
        }
        own = await startParts(
          [gatewayService(), exchanging] as readonly Service[],
          { ...around, log, mesh, env: { ...env, ARCHIPEL_URL: publicUrl } },
          url,
        )
        return createHttpApp({
          services: new Map([...running.services].filter(([name]) => name === "gateway")),
          authenticate,
          log,
          metrics,
          developmentLogin: true,
          ownRoutes: own.routes,
          ...(own.sessions ? { sessions: own.sessions } : {}),
          ...(own.rest ? { rest: own.rest } : {}),
          ...http,
        })
      },
      { port: 0, host: "localhost" },
    )
    let closing: Promise<void> | undefined
    const close = (graceMs = 1_000): Promise<void> => {
      closing ??= server.close(graceMs).then(() => own?.close())
      return closing
    }
    stack.defer(() => close())
    return { url: server.url, lines, metrics: () => renderMetrics([metrics.snapshot()]), close }
  }

  try {
    const gateway = await gatewayAt(async (url) => {
      publicUrl = url
      parts.set("identity", await startParts([identity], { ...around, env: { ...env, ARCHIPEL_URL: url } }, url))
      stack.defer(async () => parts.get("identity")?.close())
      for (const name of ["identity", "north", "south"]) join_(name, await replica(name))
    })
    const whole = await serveHttp(
      createHttpApp({
        services: running.services,
        authenticate,
        log: silent,
        metrics: createMetrics(),
        files,
        developmentLogin: true,
        ownRoutes: parts.get("identity")?.routes ?? [],
        sessions: () => undefined,
        ...http,
      }),
      { port: 0, host: "localhost" },
    )
    stack.defer(() => whole.close(0))
    return {
      url: gateway.url,
      gateway,
      certified: fleet,
      whole,
      received: () => received.splice(0),
      replica,
      join: join_,
      leave,
      secondGateway: () => gatewayAt(async () => {}),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}
