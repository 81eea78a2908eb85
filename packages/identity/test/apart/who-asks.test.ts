import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import type { Principal } from "@archipel/core"
import type { RunningPart } from "@archipel/server"
import { secretHash } from "../../src/oidc/clients.ts"
import { users } from "../access/directory-program.ts"
import { codeOf, described, type Fleet, fleet, type Process } from "./fleet.ts"

let here: Fleet
let gateway: Process
let sales: Process
let crm: Process
let whole: RunningPart

/** How long anything may take to become true. */
const DEADLINE = { timeout: 20_000, interval: 10 }

beforeAll(async () => {
  here = await fleet({
    contracts: [
      described("gateway", ["admin"]),
      described("sales", ["manager", "user"], ["crm"]),
      described("crm", ["user", "admin"]),
    ],
  })
  whole = await here.whole()
  gateway = await here.process("gateway")
  sales = await here.process("sales")
  crm = await here.process("crm")
  await vi.waitFor(async () => {
    const given = await here.db("identity.Assignment").find({ select: ["role"], where: { role: "sales.manager" } })
    expect(given).toHaveLength(2)
  }, DEADLINE)
})
afterAll(() => here[Symbol.asyncDispose]())

const inOneProcess = async (authorization: string): Promise<Principal> =>
  (whole.authenticate as NonNullable<RunningPart["authenticate"]>)({ get: () => authorization })

const withoutActors = ({ actor: _actor, ...principal }: Principal) => principal

test("a user of development is the same person apart as in one process, and nobody stands in between", async () => {
  for (const login of ["alice", "martin", "clara", "oscar"]) {
    const token = await gateway.exchange(`dev:${login}`, "sales")
    expect(await sales.who(`Bearer ${token}`)).toEqual(await inOneProcess(`Bearer dev:${login}`))
  }
  const alice = await sales.who(`Bearer ${await gateway.exchange("dev:alice", "sales")}`)
  expect(alice.roles).toContain("sales.manager")
  expect(alice.roles).toContain("crm.admin")
})

test("a person with a session is, too: roles for some companies, attributes and time zone", async () => {
  const company = await here.db("identity.Company").create({ code: "north", name: "North" })
  await here.db("identity.User").update(users.oscar as never, {
    timeZone: "Europe/Vienna",
    attributes: { region: "west" } as never,
    companies: { $add: [company.id] } as never,
  })
  await here.db("identity.Group").create({
    name: "North",
    members: [users.oscar as never],
    assignments: [{ role: "crm.user", companies: [company.id] } as never],
  })
  const sid = await here.login(users.oscar)
  const token = await here.token({ sub: users.oscar, sid })
  const apart = await crm.who(`Bearer ${await gateway.exchange(token, "crm")}`)
  expect(apart).toEqual(await inOneProcess(`Bearer ${token}`))
  expect(apart).toMatchObject({
    kind: "user",
    sessionId: sid,
    timeZone: "Europe/Vienna",
    claims: { region: "west", companies: [company.id], groups: ["North"] },
    scopes: { "crm.user": [company.id] },
  })
})

test("a service that asks for a user acts for them, and takes nothing away", async () => {
  const atSales = await gateway.exchange("dev:martin", "sales")
  const martin = await crm.who(`Bearer ${await sales.exchange(atSales, "crm")}`)
  expect(withoutActors(martin)).toEqual(await inOneProcess("Bearer dev:martin"))
  const { actor } = martin
  expect(actor).toMatchObject({ kind: "service", id: "sales", claims: {}, timeZone: "UTC" })
  expect(actor?.actor).toBeUndefined()
  expect(actor?.roles).toEqual(
    expect.arrayContaining(["crm.user", "crm.admin", "sales.user", "identity.admin", "gateway.admin"]),
  )
})

describe("a program with a service account", () => {
  const secret = "importer-secret-of-this-test-0123456789"
  let account: string
  beforeAll(async () => {
    account = (await here.db("identity.ServiceAccount").create({ name: "Importer" })).id
    await here.db("identity.Group").create({
      name: "Importers",
      serviceAccounts: [account as never],
      assignments: [{ role: "crm.user" }],
    })
    await here.db("identity.Client").create({
      clientId: "importer",
      name: "Importer",
      kind: "service",
      serviceAccount: account as never,
      secretHash: secretHash(secret),
      mayCall: ["gateway", "crm"] as never,
    })
  })
  const tokenFor = async (service: string): Promise<string> => {
    // As the gateway passes it on.
    const { json } = await gateway.post(
      "/oidc/token",
      { grant_type: "client_credentials", resource: `urn:archipel:${service}`, scope: "api" },
      {
        authorization: `Basic ${Buffer.from(`importer:${secret}`).toString("base64")}`,
        "x-forwarded-for": "192.0.2.1",
      },
    )
    return String(json["access_token"])
  }

  test("asks through the gateway, with a token for the gateway or for the service itself", async () => {
    for (const audience of ["gateway", "crm"]) {
      const token = await tokenFor(audience)
      const principal = await crm.who(`Bearer ${await gateway.exchange(token, "crm")}`)
      expect(principal).toEqual(await inOneProcess(`Bearer ${await tokenFor("gateway")}`))
      expect(principal).toMatchObject({ kind: "service", id: account, roles: ["crm.user"] })
    }
  })

  test("is refused as soon as its client is gone, also with a token that was passed on", async () => {
    const token = await tokenFor("gateway")
    const atCrm = await gateway.exchange(token, "crm")
    const [row] = await here.db("identity.Client").find({ select: [], where: { clientId: "importer" } })
    await here.db("identity.Client").update(row?.id as never, { active: false })
    await expect.poll(() => codeOf(crm.who(`Bearer ${atCrm}`)), DEADLINE).toBe("auth.invalid")
    expect(await codeOf(gateway.exchange(token, "sales"))).toBe("auth.invalid")
  })
})

test("the gateway knows who asks before it asks anybody, and for itself", async () => {
  expect(await gateway.who("Bearer dev:clara", "sales")).toEqual(await inOneProcess("Bearer dev:clara"))
  const sid = await here.login(users.clara)
  const token = await here.token({ sub: users.clara, sid })
  expect(await gateway.who(`Bearer ${token}`)).toMatchObject({ id: users.clara, sessionId: sid })
})

test("a process that begins before identity can be reached says so, and works as soon as it can", async () => {
  const token = await gateway.exchange("dev:alice", "sales")
  const early = await here.process("sales", { isCut: true })
  expect(await codeOf(early.who(`Bearer ${token}`))).toBe("service.unavailable")
  early.line.mend()
  await expect
    .poll(async () => (await early.who(`Bearer ${token}`).catch(() => undefined))?.id, DEADLINE)
    .toBe(users.alice)
})
