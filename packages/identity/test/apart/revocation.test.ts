import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { testClock } from "../../../server/src/test-kit/test-clock.ts"
import { freshness } from "../../src/grants/grants.ts"
import { users } from "../access/directory-program.ts"
import { codeOf, described, type Fleet, fleet, type Process } from "./fleet.ts"

let here: Fleet
let sales: Process

const DEADLINE = { timeout: 20_000, interval: 5 }

beforeAll(async () => {
  here = await fleet({ contracts: [described("gateway", ["admin"]), described("sales", ["manager", "user"])] })
  sales = await here.process("sales")
})
afterAll(() => here[Symbol.asyncDispose]())

const tokenOf = async (user: string): Promise<{ sid: string; authorization: string }> => {
  const sid = await here.login(user)
  return { sid, authorization: `Bearer ${await here.token({ sub: user, sid, aud: "urn:archipel:sales" })}` }
}
const rolesOf = async (process: Process, authorization: string): Promise<readonly string[]> =>
  (await process.who(authorization)).roles

describe("another process hears at once, and without asking, that", () => {
  test("a role was given, and taken away", async () => {
    const { authorization } = await tokenOf(users.oscar)
    expect(await rolesOf(sales, authorization)).toEqual(["identity.user"])
    const { id } = await here.db("identity.Group").create({
      name: "Sellers",
      members: [users.oscar as never],
      assignments: [{ role: "sales.user" }],
    })
    await expect.poll(() => rolesOf(sales, authorization), DEADLINE).toContain("sales.user")
    await here.db("identity.Group").update(id, { members: { $remove: [users.oscar] } as never })
    await expect.poll(() => rolesOf(sales, authorization), DEADLINE).not.toContain("sales.user")
  })

  test("a session has ended, and another of the same user goes on", async () => {
    const [ended, other] = [await tokenOf(users.clara), await tokenOf(users.clara)]
    expect((await sales.who(ended.authorization)).sessionId).toBe(ended.sid)
    await here.end(ended.sid)
    await expect.poll(() => codeOf(sales.who(ended.authorization)), DEADLINE).toBe("auth.invalid")
    expect((await sales.who(other.authorization)).sessionId).toBe(other.sid)
  })

  test("a user was disabled", async () => {
    const { authorization } = await tokenOf(users.martin)
    expect((await sales.who(authorization)).id).toBe(users.martin)
    await here.db("identity.User").update(users.martin as never, { active: false })
    await expect.poll(() => codeOf(sales.who(authorization)), DEADLINE).toBe("auth.invalid")
    await here.db("identity.User").update(users.martin as never, { active: true })
  })
})

describe("a process that does not hear of changes", () => {
  test("believes what it knows for five seconds more, while identity can be asked", async () => {
    const clock = testClock()
    // Of two networks to identity only the one that tells is broken: what is asked is answered.
    const deaf = await here.process("sales", { now: clock.now, hears: "nothing" })
    const { authorization, sid } = await tokenOf(users.clara)
    clock.set(new Date().toISOString())
    expect((await deaf.who(authorization)).sessionId).toBe(sid)
    await here.end(sid)
    clock.advance({ seconds: freshness.deafMs / 1_000 })
    expect((await deaf.who(authorization)).sessionId).toBe(sid)
    clock.set(new Date(clock.now().getTime() + 1).toISOString())
    expect(await codeOf(deaf.who(authorization))).toBe("auth.invalid")
  })

  test("notices it by the silence, where whoever told it fell silent", async () => {
    const silent = await here.process("sales", { hears: "first" })
    const { authorization, sid } = await tokenOf(users.clara)
    await vi.waitFor(async () => {
      expect(await codeOf(silent.who(authorization))).toBeUndefined()
    }, DEADLINE)
    await here.end(sid)
    // What is heard is good for a minute; this is sooner.
    await expect.poll(() => codeOf(silent.who(authorization)), DEADLINE).toBe("auth.invalid")
  })

  test("begins anew on a network that swallows what is sent on old connections", async () => {
    const cut = await here.process("sales")
    const { authorization, sid } = await tokenOf(users.clara)
    await vi.waitFor(async () => {
      expect(await codeOf(cut.who(authorization))).toBeUndefined()
    }, DEADLINE)
    cut.line.silence()
    await here.end(sid)
    await expect.poll(() => codeOf(cut.who(authorization)), DEADLINE).toBe("auth.invalid")
  })

  test("without identity it lets in whom it knows for five minutes, and nobody else; then nobody", async () => {
    const clock = testClock()
    const alone = await here.process("sales", { now: clock.now })
    const known = await tokenOf(users.alice)
    const stranger = await tokenOf(users.martin)
    clock.set(new Date().toISOString())
    expect((await alone.who(known.authorization)).id).toBe(users.alice)
    alone.line.cut()
    clock.advance({ minutes: 4 })
    expect((await alone.who(known.authorization)).id).toBe(users.alice)
    expect(await codeOf(alone.who(stranger.authorization))).toBe("service.unavailable")
    clock.set(new Date(clock.now().getTime() + freshness.boundMs).toISOString())
    // Its time is over as well, and that is said first.
    expect(["service.unavailable", "auth.expired"]).toContain(await codeOf(alone.who(known.authorization)))
  })

  test("takes what was told meanwhile into account as soon as it hears again", async () => {
    const away = await here.process("sales")
    const { authorization, sid } = await tokenOf(users.clara)
    expect((await away.who(authorization)).sessionId).toBe(sid)
    away.line.cut()
    await here.end(sid)
    away.line.mend()
    await expect.poll(() => codeOf(away.who(authorization)), DEADLINE).toBe("auth.invalid")
  })
})

describe("keys", () => {
  test("that sign no more are believed nowhere as soon as identity says so", async () => {
    const { authorization } = await tokenOf(users.clara)
    expect(await codeOf(sales.who(authorization))).toBeUndefined()
    await here.database.query({ text: "update signing_keys set signs_until = now(), published_until = now()" })
    // Identity looks for newer keys when it meets a token of one that it does not know.
    const unknown = await here.token({ sub: users.clara, aud: "urn:archipel:identity" }, { kid: "unknown" })
    const askIdentity = async () => here.part.authenticate?.({ get: () => `Bearer ${unknown}` })
    expect(await codeOf(askIdentity())).toBe("auth.invalid")
    await expect.poll(() => codeOf(sales.who(authorization)), DEADLINE).toBe("auth.invalid")
    const renewed = await tokenOf(users.clara)
    expect(await codeOf(sales.who(renewed.authorization))).toBeUndefined()
  })
})
