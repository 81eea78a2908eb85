import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { HttpApp } from "../http/app.ts"
import { urlAt } from "../http/serve.ts"
import type { ListenAt } from "./island.ts"

const paths: ReadonlySet<string> = new Set(["/livez", "/readyz", "/metrics"])
/** Probes are small and quick. */
const REQUEST_MS = 10_000

export interface HealthServer {
  readonly url: string
  close(): Promise<void>
}

/** Answers for health and metrics and nothing else, in plain HTTP: who asks knows no certificate, and learns no record. */
export async function serveHealth(app: HttpApp, { host, port }: ListenAt): Promise<HealthServer> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (incoming, outgoing) => {
    if (paths.has((incoming.url ?? "").split("?")[0] as string)) app.listener(incoming, outgoing)
    else outgoing.writeHead(404).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, resolve)
  })
  return {
    url: urlAt(host, (server.address() as AddressInfo).port),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
