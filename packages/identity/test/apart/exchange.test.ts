import { afterAll, beforeAll, expect, test } from "vitest"
import { testClock } from "../../../server/src/test-kit/test-clock.ts"
import { users } from "../access/directory-program.ts"
import { claimsOf } from "../oidc/protocol-program.ts"
import { codeOf, described, type Fleet, fleet } from "./fleet.ts"

let here: Fleet

const DEADLINE = { timeout: 20_000, interval: 5 }

beforeAll(async () => {
  here = await fleet({
    contracts: [described("gateway", ["admin"]), described("sales", ["user"], ["crm"]), described("crm", ["user"])],
  })
})
afterAll(() => here[Symbol.asyncDispose]())

const tokenOf = async (user: string): Promise<{ token: string; sid: string }> => {
  const sid = await here.login(user)
  return { sid, token: await here.token({ sub: user, sid }) }
}

test("a token is exchanged once for all who need it, and kept until it is about to end", async () => {
  const clock = testClock()
  const gateway = await here.process("gateway", { now: clock.now })
  const { token } = await tokenOf(users.alice)
  const before = here.exchanges()
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => gateway.exchange(token, "sales")))
  for (const other of others) expect(other).toBe(first)
  expect(await gateway.exchange(token, "sales")).toBe(first)
  expect(here.exchanges() - before).toBe(1)
  await gateway.exchange(token, "crm")
  expect(here.exchanges() - before).toBe(2)
  clock.set(new Date(Date.now() + 245_000).toISOString())
  expect(await gateway.exchange(token, "sales")).not.toBe(first)
  expect(here.exchanges() - before).toBe(3)
})

test("the token says the same of the user, names who acts for them, and is for one service", async () => {
  const gateway = await here.process("gateway")
  const sales = await here.process("sales")
  const { token, sid } = await tokenOf(users.martin)
  const atSales = await gateway.exchange(token, "sales")
  expect(claimsOf(atSales)).toMatchObject({
    iss: "https://company.example/oidc",
    aud: "urn:archipel:sales",
    sub: users.martin,
    sid,
    client_id: "gateway",
    act: { sub: "gateway" },
  })
  expect(claimsOf(await sales.exchange(atSales, "crm"))).toMatchObject({
    aud: "urn:archipel:crm",
    sub: users.martin,
    sid,
    act: { sub: "sales", act: { sub: "gateway" } },
  })
})

test("while identity is away what is kept is good until it ends, and nothing else is to be had", async () => {
  const clock = testClock()
  const gateway = await here.process("gateway", { now: clock.now })
  const { token } = await tokenOf(users.alice)
  const kept = await gateway.exchange(token, "sales")
  gateway.line.cut()
  expect(await codeOf(gateway.exchange(token, "crm"))).toBe("service.unavailable")
  clock.set(new Date(Date.now() + 270_000).toISOString())
  expect(await gateway.exchange(token, "sales")).toBe(kept)
  clock.set(new Date(Date.now() + 299_000).toISOString())
  expect(await codeOf(gateway.exchange(token, "sales"))).toBe("service.unavailable")
  gateway.line.mend()
  clock.set(new Date().toISOString())
  await expect.poll(() => codeOf(gateway.exchange(token, "crm")), DEADLINE).toBeUndefined()
})

test("nobody asks identity for what is no token of its own", async () => {
  const gateway = await here.process("gateway")
  await gateway.exchange((await tokenOf(users.alice)).token, "sales")
  const before = here.exchanges()
  for (const token of ["", "x", "x.y.z", "dev:", "dev:../x", `${(await tokenOf(users.alice)).token}x`])
    expect(await codeOf(gateway.exchange(token, "sales"))).toBe("auth.invalid")
  expect(here.exchanges()).toBe(before)
})

test("many refusals of what the gateway passes on do not keep it from its own questions", async () => {
  const gateway = await here.process("gateway")
  const { sid, token } = await tokenOf(users.clara)
  await here.end(sid)
  for (let n = 0; n < 70; n++) expect(await codeOf(gateway.exchange(token, "sales"))).toBe("auth.invalid")
  expect(await codeOf(gateway.exchange((await tokenOf(users.alice)).token, "sales"))).toBeUndefined()
})
