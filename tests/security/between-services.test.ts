/** What somebody who is in the network of a fleet, with or without a certificate of it, gets to see: nothing that is not theirs. */
import { readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { services } from "../../examples/company/services.ts"
import { postForm } from "../../packages/identity/test/apart/fleet.ts"
import { ACCESS_TOKEN, DEVELOPMENT_TOKEN, TOKEN_EXCHANGE } from "../../packages/identity/src/oidc/client-names.ts"
import { metadataNames } from "../../packages/server/src/between/rpc/data-definition.ts"
import { clientTls, type ClientTls } from "../../packages/server/src/between/trust/client-tls.ts"
import { fileCredentials } from "../../packages/server/src/between/trust/credential-files.ts"
import { serverNameOf, type WorkloadCredentials } from "../../packages/server/src/between/trust/workload.ts"
import { noLog } from "../../packages/server/src/log.ts"
import { rawQuestion } from "../../packages/server/test/between/raw-question.ts"
import { type Ask, asksOf } from "../support/asking.ts"
import { openIslands } from "../support/islands.ts"

const stack = new AsyncDisposableStack()
let directory: string
let ask: Ask

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "archipel-between-"))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const program = stack.use(await openIslands(services, { dataDirectory: directory }))
  ask = asksOf(program.url)
  const made = await ask("/api/crm/countries", { as: "alice", body: { name: "France", code: "FR" } })
  expect(made.status).toBe(201)
}, 180_000)
afterAll(() => stack.disposeAsync())

const addressOf = (service: string): string => {
  const places = JSON.parse(readFileSync(join(directory, "fleet", "neighbours.json"), "utf8")) as Record<
    string,
    string[]
  >
  return places[service]?.[0] as string
}
const portOf = (service: string): number => Number(addressOf(service).split(":")[1])

/** What somebody can do with the certificate of a service, and no other. */
interface Holder {
  /** How crm, or another service, answers a question for its records: "ok", or the code of the problem. */
  ask(said: Readonly<Record<string, string>>, service?: string, model?: string): Promise<string>
  get(
    service: string,
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ status: number; code: unknown }>
  /** A token for another service, in exchange. */
  exchange(token: string, service: string, type?: string): Promise<string>
}

const holders = new Map<string, Promise<Holder>>()
function holderOf(name: string): Promise<Holder> {
  let holder = holders.get(name)
  if (holder === undefined) holders.set(name, (holder = made(name)))
  return holder
}

async function made(name: string): Promise<Holder> {
  const files = { directory: join(directory, "authority", name) }
  const credentials: WorkloadCredentials = await fileCredentials({
    service: name,
    trustDomain: "archipel",
    files,
    log: noLog,
  })
  stack.defer(() => credentials.close())
  const tls: ClientTls = clientTls(credentials)
  stack.defer(() => tls.close())
  return {
    ask: (headers, service = "crm", model = "crm.Country") =>
      rawQuestion({ tls, service, address: addressOf(service), model, headers }),
    get: (service, path, headers) =>
      new Promise((resolve, reject) => {
        const place = {
          host: "127.0.0.1",
          port: portOf(service),
          servername: serverNameOf(service),
          agent: tls.agent(service),
        }
        const sent = request({ ...place, path, headers }, (answer) => {
          const status = answer.statusCode ?? 0
          text(answer).then((body) => resolve({ status, code: JSON.parse(body || "{}").code }), reject)
        })
        sent.on("error", reject).end()
      }),
    async exchange(token, service, type = ACCESS_TOKEN) {
      const { status, json } = await postForm(portOf("identity"), credentials.current(), "/oidc/token", {
        grant_type: TOKEN_EXCHANGE,
        client_id: name,
        subject_token: token,
        subject_token_type: type,
        audience: `urn:archipel:${service}`,
      })
      if (status !== 200) throw new Error(String(json["error"]))
      return json["access_token"] as string
    },
  }
}

/** A token of a user for a service, as the gateway gets it. */
const atService = async (service: string, user = "alice"): Promise<string> =>
  (await holderOf("gateway")).exchange(`dev:${user}`, service, DEVELOPMENT_TOKEN)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe("a token that a service was given for another one", () => {
  test("opens that one, for the service that it names as acting", async () => {
    const sales = await holderOf("sales")
    const token = await sales.exchange(await atService("sales"), "crm")
    expect(await sales.ask(bearer(token))).toBe("ok")
  })

  test("stolen by another service it opens nothing: neither that one nor any other", async () => {
    const sales = await holderOf("sales")
    const people = await holderOf("people")
    const token = await sales.exchange(await atService("sales"), "crm")
    expect(await people.ask(bearer(token))).toBe("auth.invalid")
    expect(await people.ask(bearer(token), "catalog", "catalog.Product")).toBe("auth.invalid")
    expect(await sales.ask(bearer(token), "catalog", "catalog.Product")).toBe("auth.invalid")
    await expect(people.exchange(token, "identity")).rejects.toThrow("invalid_grant")
  })

  test("that names the gateway as acting is refused from a service, as is one that was for the service itself", async () => {
    const sales = await holderOf("sales")
    expect(await sales.ask(bearer(await atService("crm")))).toBe("auth.invalid")
    expect(await sales.ask(bearer(await atService("sales")))).toBe("auth.invalid")
  })

  test("with an actor that was put in, taken out or replaced is refused", async () => {
    const sales = await holderOf("sales")
    const [head, body = "", signature] = (await atService("crm")).split(".")
    const claims = JSON.parse(Buffer.from(body, "base64url").toString())
    for (const act of [{ sub: "sales" }, undefined, { sub: "sales", act: claims.act }]) {
      const forged = Buffer.from(JSON.stringify({ ...claims, act })).toString("base64url")
      expect(await sales.ask(bearer(`${head}.${forged}.${signature}`))).toBe("auth.invalid")
    }
  })
})

describe("a service that says who it asks for", () => {
  test("is asked for a proof of anybody but itself and the public", async () => {
    const sales = await holderOf("sales")
    expect(await sales.ask({})).toBe("ok")
    for (const said of [
      { [metadataNames.as]: "system" },
      { [metadataNames.as]: "" },
      bearer("dev:alice"),
      bearer("dev-service:crm"),
      { authorization: "Basic c2FsZXM6" },
      { authorization: "" },
    ])
      expect([said, await sales.ask(said)]).toEqual([said, "auth.invalid"])
  })

  test("is itself, whatever headers of the gateway it forges", async () => {
    const sales = await holderOf("sales")
    const forged = {
      "x-forwarded-for": "192.0.2.1",
      "x-archipel-user": "alice",
      "x-forwarded-client-cert": "URI=spiffe://archipel/gateway",
    }
    for (const service of ["crm", "people", "identity"]) {
      const { status, code } = await sales.get(service, `/api/${service}/anything`, {
        ...forged,
        ...bearer(await atService("sales")),
      })
      expect([status, code]).toEqual([403, "access.denied"])
    }
    expect(await sales.ask({ ...forged, [metadataNames.as]: "public" })).toBe("access.denied")
  })
})

describe("the gateway's open port", () => {
  const forged: Readonly<Record<string, string>> = {
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-host": "identity.archipel.internal",
    forwarded: "for=127.0.0.1;by=gateway",
    "x-forwarded-client-cert": "By=spiffe://archipel/crm;URI=spiffe://archipel/gateway",
    "client-cert": ":AAAA:",
    "x-ssl-client-verify": "SUCCESS",
    "x-archipel-user": "alice",
    "archipel-as": "system",
    "archipel-protocol": "1",
  }

  test("takes nobody's word: with forged headers of the gateway a stranger stays one, and a user the same", async () => {
    const stranger = await ask("/api/crm/countries", { as: null, headers: forged })
    expect([stranger.status, stranger.json.code]).toEqual([401, "auth.required"])
    const user = await ask("/api/crm/countries", { as: "oscar" })
    const forging = await ask("/api/crm/countries", { as: "oscar", headers: forged })
    expect([forging.status, forging.json.data]).toEqual([user.status, user.json.data])
  })

  test("takes no token that is for one service for another, nor for itself", async () => {
    const token = await atService("crm")
    const at = (path: string) => ask(path, { as: null, headers: bearer(token) })
    expect((await at("/api/crm/countries")).status).toBe(200)
    expect((await at("/api/sales/orders")).status).toBe(401)
    expect((await at("/api/people/employees")).status).toBe(401)
  })
})
