import { ArchipelError } from "@archipel/core"
import { renderMetrics } from "../metrics.ts"
import { pageRoutes } from "../pages/pages.ts"
import type { ApiRequest } from "./api-request.ts"
import type { HttpAppOptions } from "./app.ts"
import { json, type Reply } from "./reply.ts"

/** An address that answers without knowing who asks. */
export type OpenRoute = (request: ApiRequest) => Reply | Promise<Reply>

const READY_MS = 2_000

async function isReady(options: HttpAppOptions): Promise<boolean> {
  const checks = [...options.services.values()].map((runtime) => runtime.ready().catch(() => false))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, READY_MS, false)
  })
  const answers = Promise.all(checks).then((each) => each.every(Boolean))
  return Promise.race([answers, late]).finally(() => clearTimeout(timer))
}

/** Health, metrics and pages by path. */
export function createOpenRoutes(options: HttpAppOptions, draining: () => boolean): ReadonlyMap<string, OpenRoute> {
  const routes = new Map<string, OpenRoute>(
    options.pages === false
      ? []
      : pageRoutes({ development: options.developmentLogin === true, sessions: options.sessions !== undefined }),
  )
  const uncached = { "cache-control": "no-store" }
  routes.set("/livez", () => json('{"status":"live"}', 200, uncached))
  routes.set("/readyz", async () => {
    if (draining() || !(await isReady(options))) {
      throw new ArchipelError("service.unavailable", { service: "program", retryAfterSeconds: 1 })
    }
    const mirrors = [...options.services].flatMap(([service, runtime]) =>
      runtime.mirrors().map((state) => ({ service, ...state })),
    )
    return json(JSON.stringify({ status: "ready", ...(mirrors.length === 0 ? {} : { mirrors }) }), 200, uncached)
  })
  routes.set("/metrics", async () => ({
    status: 200,
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8", ...uncached },
    body: options.metricsText ? await options.metricsText() : renderMetrics([options.metrics.snapshot()]),
  }))
  return routes
}
