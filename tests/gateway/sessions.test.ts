/**
 * Browsers at gateways in front of services that run apart, with the real login.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "vitest"
import { Visitor } from "../../packages/identity/test/pages/browsing.ts"
import { type Fleet, startFleet } from "./fleet.ts"

const ours = { "sec-fetch-site": "same-origin" }
const SESSION = "archipel-gateway-session"

let fleet: Fleet
let visitor: Visitor
const texts: string[] = []
beforeAll(async () => {
  fleet = await startFleet()
  visitor = new Visitor(fleet.url)
  const page = await visitor.visit("/auth/login?return=/livez")
  texts.push(page.text, JSON.stringify([...page.headers]))
  const seen = await visitor.send(page, new URL(page.url).pathname, {
    email: "alice@example.com",
    password: "archipel",
  })
  texts.push(seen.text, JSON.stringify([...seen.headers]))
  expect(new URL(seen.url).pathname).toBe("/livez")
})
afterAll(() => fleet[Symbol.asyncDispose]())

const claimsOf = (header: string | undefined) =>
  JSON.parse(Buffer.from(header?.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>

test("a browser's session becomes a token for the service that is asked, and for no other", async () => {
  fleet.received()
  for (const path of ["/api/north/letters", "/api/south/persons"]) {
    const seen = await visitor.request(path, { headers: { ...ours, "x-companies": "a" } })
    expect(seen.status).toBe(200)
    texts.push(seen.text, JSON.stringify([...seen.headers]))
  }
  const asked = fleet.received().filter(({ url }) => url.startsWith("/api/"))
  const claims = asked.map(({ headers }) => claimsOf(headers.authorization))
  expect(claims.map(({ aud }) => aud)).toEqual(["urn:archipel:north", "urn:archipel:south"])
  expect(claims.map(({ act }) => act)).toEqual([{ sub: "gateway" }, { sub: "gateway" }])
  expect(asked.map(({ headers }) => headers["x-companies"])).toEqual(["a", "a"])
})

test("a token for one service is refused by another, and one that was exchanged opens nothing at the gateway", async () => {
  fleet.received()
  await visitor.request("/api/north/letters", { headers: ours })
  const authorization = fleet.received().find(({ url }) => url.startsWith("/api/north"))?.headers.authorization ?? ""
  const at = async (path: string) => (await fetch(fleet.url + path, { headers: { authorization } })).status
  // It is for north: that is what it says, and there it is good for what its user may.
  expect(await at("/api/north/letters")).toBe(200)
  expect(await at("/api/south/persons")).toBe(401)
  expect(await at("/api/$ui")).toBe(401)
})

test("cookies of the gateway reach no service, and identity's own only its own pages", async () => {
  fleet.received()
  visitor.cookies.set("other", { value: "1", path: "/", flags: "" })
  await visitor.request("/api/north/letters", { headers: ours })
  await visitor.visit("/account/sessions")
  const received = fleet.received()
  const cookies = (prefix: string) =>
    received.filter(({ url }) => url.startsWith(prefix)).map(({ headers }) => headers.cookie ?? "")
  expect(cookies("/api/")).toEqual([""])
  expect(cookies("/account").length).toBeGreaterThan(0)
  expect(cookies("/account").join(";")).toContain("other=1")
  expect(cookies("/account").join(";")).not.toContain(SESSION)
})

test("a service that is not identity writes no cookie, and nobody the gateway's", async () => {
  const berth = await fleet.certified.serve("baker", (_incoming, outgoing) => {
    outgoing.setHeader("set-cookie", [`${SESSION}=stolen; Path=/`, "plain=1"])
    outgoing.end()
  })
  fleet.join("baker", berth, { routes: ["/bakery"] })
  await expect.poll(async () => (await fetch(`${fleet.url}/bakery`)).status, { timeout: 10_000 }).toBe(200)
  for (const path of ["/bakery", "/api/baker/x"])
    expect((await fetch(fleet.url + path)).headers.getSetCookie()).toEqual([])
  fleet.leave("baker")
  await berth.close()
})

test("a change with a browser's session needs the proof that a page of this origin sends it", async () => {
  const send = (headers: Record<string, string>) =>
    visitor.request("/api/south/persons", {
      method: "POST",
      body: '{"name":"Bo"}',
      headers: { "content-type": "application/json", ...headers },
    })
  expect((await send(ours)).status).toBe(403)
  expect((await send({ "sec-fetch-site": "cross-site", "x-archipel": "1" })).status).toBe(403)
  expect((await send({ ...ours, "x-archipel": "1" })).status).toBe(201)
})

test("two gateways know the same sessions, and a logout at one ends them at the other", async () => {
  const second = await fleet.secondGateway()
  const other = new Visitor(second.url)
  for (const [name, cookie] of visitor.cookies) other.cookies.set(name, cookie)
  expect((await other.request("/api/north/letters", { headers: ours })).status).toBe(200)
  expect((await visitor.request("/api/north/letters", { headers: ours })).status).toBe(200)
  await other.request("/auth/logout", { method: "POST", headers: ours })
  await expect
    .poll(async () => (await visitor.request("/api/north/letters", { headers: ours })).status, { timeout: 15_000 })
    .toBe(401)
})

test("no token reached the browser", () => {
  expect(texts.join("\n")).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
})
