import { Server } from "@grpc/grpc-js"
import { request } from "node:https"
import { text } from "node:stream/consumers"
import { expect, test } from "vitest"
import { behindGateway } from "../../src/between/behind-gateway.ts"
import { listenBetween, peerOf } from "../../src/between/listener.ts"
import { clientTls } from "../../src/between/trust/client-tls.ts"
import { serverNameOf } from "../../src/between/trust/workload.ts"
import { noLog } from "../../src/log.ts"
import { credentialsOf } from "./fleet.ts"

const forged = {
  "x-forwarded-for": "192.0.2.7",
  "x-forwarded-host": "company.example",
  "x-forwarded-proto": "https",
  "x-forwarded-client-cert": "URI=spiffe://archipel/gateway",
  forwarded: "for=192.0.2.7",
}

/** A service that says which headers reached it. */
async function telling() {
  const credentials = await credentialsOf("crm")
  const listener = await listenBetween({
    credentials,
    host: "127.0.0.1",
    port: 0,
    grpc: new Server(),
    http: behindGateway((incoming, outgoing) => outgoing.end(JSON.stringify(incoming.headers)), peerOf),
    maySpeak: () => true,
    log: noLog,
  })
  return {
    async ask(service: string, path: string) {
      const tls = clientTls(await credentialsOf(service))
      try {
        return await new Promise<{ readonly status: number; readonly json: Record<string, unknown> }>(
          (resolve, reject) => {
            const place = { host: "127.0.0.1", port: listener.port, servername: serverNameOf("crm") }
            const sent = request({ ...place, path, agent: tls.agent("crm"), headers: forged }, (answer) => {
              const { statusCode = 0 } = answer
              text(answer).then((body) => resolve({ status: statusCode, json: JSON.parse(body) }), reject)
            })
            sent.on("error", reject).end()
          },
        )
      } finally {
        tls.close()
      }
    },
    [Symbol.asyncDispose]: () => listener.close(0),
  }
}

test("the gateway's word says where a request comes from", async () => {
  await using crm = await telling()
  expect((await crm.ask("gateway", "/api/crm/customers")).json).toMatchObject(forged)
})

test("headers of the gateway, forged by another service at the port for services, reach nobody", async () => {
  await using crm = await telling()
  const { status, json } = await crm.ask("sales", "/oidc/token")
  expect(status).toBe(200)
  expect(Object.keys(json).filter((name) => name in forged)).toEqual([])
})

test("people's requests are passed on by the gateway alone, however the address is written", async () => {
  await using crm = await telling()
  for (const path of ["/api/crm/customers", "/api/", "http://crm.archipel.internal/api/crm/customers", "*"]) {
    const { status, json } = await crm.ask("sales", path)
    expect([path, status, json["code"]]).toEqual([path, 403, "access.denied"])
  }
})
