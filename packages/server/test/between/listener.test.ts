import { once } from "node:events"
import { connect, type TLSSocket } from "node:tls"
import { expect, test, vi } from "vitest"
import { createAuthority } from "../../src/between/trust/authority.ts"
import { serverNameOf } from "../../src/between/trust/workload.ts"
import { asking } from "./asking.ts"
import { authority, credentialsOf, pairOf, talking, TRUST_DOMAIN } from "./fleet.ts"

const waitOptions = { timeout: 20_000, interval: 10 }

test("one port answers gRPC and HTTP/1.1, and both know by the certificate who asks", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  await using crm = asking(await credentialsOf("crm"), "sales", sales.port)
  await using people = asking(await credentialsOf("people"), "sales", sales.port)
  expect(await Promise.all([crm.overGrpc("hello"), people.overGrpc("hello")])).toEqual([
    "crm said hello",
    "people said hello",
  ])
  expect(await Promise.all([crm.overHttp("/api"), people.overHttp("/api")])).toEqual([
    "crm asked /api",
    "people asked /api",
  ])
})

test("a drained port lets requests end, takes no connections, and has closed when the last request has ended", async () => {
  const answers = Promise.withResolvers<void>()
  await using sales = await talking(await credentialsOf("sales"), { held: () => answers.promise })
  await using crm = asking(await credentialsOf("crm"), "sales", sales.port)
  const begun = [crm.overGrpc("hello"), crm.overHttp("/api")]
  await vi.waitFor(() => expect(sales.heard).toHaveLength(2), waitOptions)
  sales.drain()
  await using people = asking(await credentialsOf("people"), "sales", sales.port)
  await expect(people.overHttp("/api")).rejects.toThrow(/ECONNREFUSED/)
  await expect(people.overGrpc("hello")).rejects.toThrow(/UNAVAILABLE/)
  const closed = sales.close(60_000)
  answers.resolve()
  expect(await Promise.all(begun)).toEqual(["crm said hello", "crm asked /api"])
  await closed
  expect(sales.heard).toHaveLength(2)
})

test("a port that closes cuts off what has not ended in time", async () => {
  await using sales = await talking(await credentialsOf("sales"), { held: () => new Promise(() => {}) })
  await using crm = asking(await credentialsOf("crm"), "sales", sales.port)
  const begun = Promise.allSettled([crm.overGrpc("hello"), crm.overHttp("/api")])
  await vi.waitFor(() => expect(sales.heard).toHaveLength(2), waitOptions)
  await sales.close(10)
  expect((await begun).map(({ status }) => status)).toEqual(["rejected", "rejected"])
})

test("a port that is taken is said to be", async () => {
  await using sales = await talking(await credentialsOf("sales"))
  await expect(talking(await credentialsOf("crm"), { port: sales.port })).rejects.toThrow(/EADDRINUSE/)
})

/** Sends one request on a connection that stays, and gives the head of the answer. */
async function headOf(socket: TLSSocket): Promise<string> {
  socket.write("GET /api HTTP/1.1\r\nHost: sales\r\n\r\n")
  const [chunk] = (await once(socket, "data")) as [Buffer]
  return chunk.toString()
}

test("connections that rest on an authority that is believed no longer take no more requests", async () => {
  const credentials = await credentialsOf("sales")
  await using sales = await talking(credentials)
  const { key, certificate: cert, authorities: ca } = await pairOf("crm")
  const socket = connect({ host: "127.0.0.1", port: sales.port, servername: serverNameOf("sales"), key, cert, ca })
  await once(socket, "secureConnect")
  expect(await headOf(socket)).toContain("Connection: keep-alive")
  const other = await createAuthority(TRUST_DOMAIN, new Date())
  // Both are believed: nobody is in the way of anybody.
  credentials.replace(await pairOf("sales", { authorities: `${authority.certificate}\n${other.certificate}` }))
  expect(await headOf(socket)).toContain("Connection: keep-alive")
  const closed = once(socket, "close")
  credentials.replace(await pairOf("sales", { from: other }))
  expect(await headOf(socket)).toContain("Connection: close")
  await closed
})
