import { Client, credentials as grpcCredentials, Metadata } from "@grpc/grpc-js"
import { ArchipelError } from "@archipel/core"
import { IncomingMessage, request as plainRequest } from "node:http"
import { connect as connectTcp, Socket } from "node:net"
import { connect, type ConnectionOptions } from "node:tls"
import { expect, test, vi } from "vitest"
import { callerOf, peerOf } from "../../src/between/listener.ts"
import { createAuthority } from "../../src/between/trust/authority.ts"
import { holdCredentials } from "../../src/between/trust/held-credentials.ts"
import { serverNameOf, type WorkloadCredentials } from "../../src/between/trust/workload.ts"
import { asking } from "./asking.ts"
import { authority, credentialsOf, pairOf, SAY, talking, TRUST_DOMAIN } from "./fleet.ts"
import { strangePair } from "./strange-pair.ts"

const HOUR_MS = 3_600_000
const strangers = await createAuthority(TRUST_DOMAIN, new Date())
const held = async (names: Parameters<typeof strangePair>[0]): Promise<WorkloadCredentials> =>
  holdCredentials({ service: "crm", trustDomain: TRUST_DOMAIN, pair: await strangePair(names) })
const dns = { type: "dns", value: serverNameOf("crm") } as const
const uri = (value: string) => ({ type: "url", value }) as const

/** What is shown to sales by somebody whom it has to refuse. */
const refused: Readonly<Record<string, () => Promise<WorkloadCredentials>>> = {
  "a certificate of an unknown authority": () =>
    credentialsOf("crm", { from: strangers, authorities: authority.certificate }),
  "an expired certificate": () => credentialsOf("crm", { now: new Date(Date.now() - 25 * HOUR_MS) }),
  "a certificate that is not valid yet": () => credentialsOf("crm", { now: new Date(Date.now() + HOUR_MS) }),
  "a certificate of another trust domain, by an authority that is believed": () =>
    credentialsOf("crm", { trustDomain: "elsewhere" }),
  "a certificate that names two services": () =>
    held([uri("spiffe://archipel/crm"), uri("spiffe://archipel/people"), dns]),
  "a certificate that names no service": () => held([dns]),
  "a certificate that names something below a service": () => held([uri("spiffe://archipel/crm/admin"), dns]),
  "a certificate that hides a service in a DNS name": () =>
    held([{ type: "dns", value: "x, URI:spiffe://archipel/crm" }, dns]),
  "a certificate that hides a service between others in a DNS name": () =>
    held([{ type: "dns", value: "x, URI:spiffe://archipel/crm, y" }, dns]),
  "the right certificate of a service that may not speak": () => credentialsOf("people"),
}

for (const [what, shown] of Object.entries(refused)) {
  test(`${what} is refused before any request, over gRPC and over HTTP`, async () => {
    await using sales = await talking(await credentialsOf("sales"), { maySpeak: (service) => service === "crm" })
    await using somebody = asking(await shown(), "sales", sales.port)
    await expect(somebody.overHttp("/api")).rejects.toThrow()
    await expect(somebody.overGrpc("hello")).rejects.toThrow(/UNAVAILABLE/)
    expect(sales.heard).toEqual([])
    await using crm = asking(await credentialsOf("crm"), "sales", sales.port)
    expect(await crm.overHttp("/api")).toBe("crm asked /api")
  })
}

test("the log says why connections are refused, and of a flood only the first of them", async () => {
  const said: string[] = []
  const log = {
    request: () => {},
    error: () => {},
    warn: () => {},
    flush: () => {},
    info: (message: string, about = {}) => said.push(`${message} ${JSON.stringify(about)}`),
  }
  await using sales = await talking(await credentialsOf("sales"), { maySpeak: () => false, log })
  await using crm = asking(await credentialsOf("crm"), "sales", sales.port)
  for (let i = 0; i < 30; i++) await expect(crm.overHttp("/api")).rejects.toThrow()
  expect(said).toHaveLength(20)
  expect(said[0]).toContain("crm may not speak to sales")
})

/** What a raw TLS client gets to hear of a request that it sends. */
function told(port: number, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    let text = ""
    const socket = connect({ host: "127.0.0.1", port, servername: serverNameOf("sales"), ...options }, () => {
      socket.write("GET /api HTTP/1.1\r\nHost: sales\r\n\r\n")
    })
    socket.on("data", (chunk) => {
      text += chunk.toString()
      socket.end()
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve(text))
  })
}

test("whoever shows no certificate is refused", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  expect(await told(sales.port, { ca: authority.certificate })).toBe("")
  expect(sales.heard).toEqual([])
})

test("TLS 1.2 is refused, with a certificate that is right", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  const { key, certificate: cert, authorities: ca } = await pairOf("crm")
  expect(await told(sales.port, { key, cert, ca, maxVersion: "TLSv1.2" })).toBe("")
  expect(sales.heard).toEqual([])
  expect(await told(sales.port, { key, cert, ca })).toContain("crm asked /api")
})

test("HTTP in plain text is refused at the TLS port", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  const answer = new Promise((resolve, reject) => {
    plainRequest({ host: "127.0.0.1", port: sales.port, path: "/api" }, resolve).on("error", reject).end()
  })
  await expect(answer).rejects.toThrow()
  expect(sales.heard).toEqual([])
})

test("gRPC in plain text is refused at the TLS port", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  const client = new Client(`127.0.0.1:${sales.port}`, grpcCredentials.createInsecure())
  const same = (value: Buffer): Buffer => value
  const answer = new Promise((resolve, reject) => {
    client.makeUnaryRequest(SAY, same, same, Buffer.from("hello"), (error, value) =>
      error ? reject(error) : resolve(value),
    )
  })
  await expect(answer).rejects.toThrow(/UNAVAILABLE/)
  expect(sales.heard).toEqual([])
  client.close()
})

/** What answers at the address of sales, and has to be refused by who asks. */
const impostors: Readonly<Record<string, () => Promise<WorkloadCredentials>>> = {
  "crm answering in the place of sales": () => credentialsOf("crm"),
  "a server with a certificate of an unknown authority": () =>
    credentialsOf("sales", { from: strangers, authorities: authority.certificate }),
  "a server with an expired certificate": () => credentialsOf("sales", { now: new Date(Date.now() - 25 * HOUR_MS) }),
  "a server of another trust domain, by an authority that is believed": () =>
    credentialsOf("sales", { trustDomain: "elsewhere" }),
  "a server with the DNS name of sales and the identity of crm": async () =>
    holdCredentials({
      service: "crm",
      trustDomain: TRUST_DOMAIN,
      pair: await strangePair([uri("spiffe://archipel/crm"), { type: "dns", value: serverNameOf("sales") }]),
    }),
}

for (const [what, shown] of Object.entries(impostors)) {
  test(`${what} is refused by who asks, before anything is sent`, async () => {
    await using impostor = await talking(await shown())
    await using people = asking(await credentialsOf("people"), "sales", impostor.port)
    await expect(people.overHttp("/api")).rejects.toThrow()
    await expect(people.overGrpc("hello")).rejects.toThrow(/UNAVAILABLE/)
    expect(impostor.heard).toEqual([])
  })
}

test("an environment that turns verification off does not turn it off between services", async () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0")
  try {
    await using impostor = await talking(await credentialsOf("sales", { from: strangers }))
    await using people = asking(await credentialsOf("people"), "sales", impostor.port)
    await expect(people.overHttp("/api")).rejects.toThrow()
    await expect(people.overGrpc("hello")).rejects.toThrow(/UNAVAILABLE/)
    expect(impostor.heard).toEqual([])
  } finally {
    vi.unstubAllEnvs()
  }
})

test("a session is not resumed, so that each connection shows its certificate", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  const { key, certificate: cert, authorities: ca } = await pairOf("crm")
  let session: Buffer | undefined
  const isResumed = (): Promise<boolean> =>
    new Promise((resolve, reject) => {
      let isReused = false
      const place = { host: "127.0.0.1", port: sales.port, servername: serverNameOf("sales") }
      const socket = connect({ ...place, key, cert, ca, ...(session ? { session } : {}) }, () => {
        isReused = socket.isSessionReused()
        socket.write("GET /api HTTP/1.1\r\nHost: sales\r\nConnection: close\r\n\r\n")
      })
      socket.on("session", (given) => {
        session = given
      })
      socket.resume()
      socket.on("error", reject)
      socket.on("close", () => resolve(isReused))
    })
  expect(await isResumed()).toBe(false)
  expect(await isResumed()).toBe(false)
  expect(sales.heard).toHaveLength(2)
})

test("a connection ends with the certificate that it began with", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  const { key, certificate: cert, authorities: ca } = await pairOf("crm", { hours: 4 / 3600 })
  const socket = connect({ host: "127.0.0.1", port: sales.port, servername: serverNameOf("sales"), key, cert, ca })
  socket.on("error", () => {})
  socket.write("GET /api HTTP/1.1\r\nHost: sales\r\n\r\n")
  await vi.waitFor(() => expect(sales.heard).toHaveLength(1), { timeout: 20_000 })
  socket.resume()
  await new Promise((resolve) => socket.on("close", resolve))
  expect(await told(sales.port, { key, cert, ca })).toBe("")
})

test("a service that may speak no longer loses the connections that it has", async () => {
  let isAllowed = true
  await using sales = await talking(await credentialsOf("sales"), { maySpeak: () => isAllowed })
  await using crm = asking(await credentialsOf("crm"), "sales", sales.port)
  expect(await crm.overGrpc("hello")).toBe("crm said hello")
  isAllowed = false
  await vi.waitFor(() => expect(crm.overGrpc("again")).rejects.toThrow(/UNAVAILABLE/), { timeout: 20_000 })
})

test("whoever connects and says nothing is cut off", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  const socket = connectTcp({ host: "127.0.0.1", port: sales.port })
  socket.on("error", () => {})
  socket.resume()
  await new Promise((resolve) => socket.on("close", resolve))
})

test("what did not come through the port for other services comes from no service", () => {
  expect(() => callerOf({ metadata: new Metadata() })).toThrow(ArchipelError)
  expect(() => peerOf(new IncomingMessage(new Socket()))).toThrow(ArchipelError)
})
