/** Requests of tests to a port for other services, over both protocols. */
import { Client } from "@grpc/grpc-js"
import { request } from "node:https"
import { text } from "node:stream/consumers"
import { clientTls, type ClientTls } from "../../src/between/trust/client-tls.ts"
import type { WorkloadCredentials } from "../../src/between/trust/workload.ts"
import { SAY } from "./fleet.ts"

const DEADLINE_MS = 20_000

/** What one service asks another, by a name that may be wrong. */
export interface Asking extends AsyncDisposable {
  readonly tls: ClientTls
  overGrpc(what: string): Promise<string>
  overHttp(path: string): Promise<string>
}

const same = (value: Buffer): Buffer => value

export function asking(credentials: WorkloadCredentials, service: string, port: number): Asking {
  const tls = clientTls(credentials)
  const client = new Client(`127.0.0.1:${port}`, tls.channelCredentials(service), tls.channelOptions(service))
  return {
    tls,
    overGrpc: (what) =>
      new Promise((resolve, reject) => {
        const deadline = new Date(Date.now() + DEADLINE_MS)
        client.makeUnaryRequest(SAY, same, same, Buffer.from(what), { deadline }, (error, value) => {
          if (error) reject(error)
          else resolve(String(value))
        })
      }),
    overHttp: (path) =>
      new Promise((resolve, reject) => {
        const sent = request(
          { host: "127.0.0.1", port, path, agent: tls.agent(service), timeout: DEADLINE_MS },
          (incoming) => text(incoming).then(resolve, reject),
        )
        sent.on("timeout", () => sent.destroy(new Error("No answer in time.")))
        sent.on("error", reject)
        sent.end()
      }),
    async [Symbol.asyncDispose]() {
      client.close()
      tls.close()
    },
  }
}
