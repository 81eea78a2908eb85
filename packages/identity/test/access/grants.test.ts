import { afterAll, beforeAll, expect, test, vi } from "vitest"
import { loadGrant } from "../../src/grants/load-grants.ts"
import { bearer, DEADLINE, directoryProgram, type DirectoryProgram } from "./directory-program.ts"

let program: DirectoryProgram
beforeAll(async () => {
  program = await directoryProgram()
})
afterAll(() => program?.[Symbol.asyncDispose]())

const COUNTRIES = "/api/crm/countries"
const becomes = (status: number, ask: () => Promise<{ readonly status: number }>) =>
  vi.waitFor(async () => expect((await ask()).status).toBe(status), DEADLINE)

async function person(name: string, roles: readonly string[]) {
  const user = await program.db("identity.User").create({ name, email: `${name}@example.com` })
  const group = await program.db("identity.Group").create({
    name: `${name}s`,
    members: [user.id],
    assignments: roles.map((role) => ({ role })),
  })
  const sid = await program.login(user.id)
  const token = await program.token({ sub: user.id, sid })
  return { user: user.id, group: group.id, sid, token, ask: (path = COUNTRIES) => program.ask(path, bearer(token)) }
}

test("a user who leaves a group is refused, and one who joins is let in", async () => {
  const { ask, user, group } = await person("mover", ["crm.user"])
  expect((await ask()).status).toBe(200)
  const members = (change: object) => program.db("identity.Group").update(group, { members: change as never })
  await members({ $remove: [user] })
  await becomes(403, ask)
  await members({ $add: [user] })
  await becomes(200, ask)
})

test("a role that a group loses is lost by its members", async () => {
  const { ask, group } = await person("loser", ["crm.user", "identity.reader"])
  expect((await ask()).status).toBe(200)
  const [assignment] = await program
    .db("identity.Assignment")
    .find({ select: [], where: { holder: group, role: "crm.user" } })
  if (!assignment) throw new Error("The role was not given.")
  await program.db("identity.Group").update(group, { assignments: [{ id: assignment.id, $delete: true }] })
  await becomes(403, ask)
  expect((await ask("/api/identity/users")).status).toBe(200)
})

test("a user who is disabled is refused everywhere, and all their logins have ended when they come back", async () => {
  const { ask, user, sid } = await person("leaver", ["crm.user", "identity.reader"])
  expect((await ask()).status).toBe(200)
  await program.db("identity.User").update(user, { active: false })
  await becomes(401, ask)
  await becomes(401, () => ask("/api/identity/users"))
  await becomes(401, () => program.ask(COUNTRIES, { as: user }))
  await vi.waitFor(async () => {
    const [session] = await program.db("identity.Session").find({ select: ["endedAt"], where: { sid } })
    expect(session?.endedAt).not.toBeNull()
  }, DEADLINE)
  await program.db("identity.User").update(user, { active: true })
  await becomes(200, () => program.ask(COUNTRIES, { as: user }))
  expect((await ask()).status).toBe(401)
})

test("a login that ends takes its tokens along, and no others", async () => {
  const { ask, user, sid } = await person("ender", ["crm.user"])
  const other = await program.token({ sub: user, sid: await program.login(user) })
  const asOther = () => program.ask(COUNTRIES, bearer(other))
  expect([(await ask()).status, (await asOther()).status]).toEqual([200, 200])
  const [session] = await program.db("identity.Session").find({ select: [], where: { sid } })
  if (!session) throw new Error("There is no session.")
  await program.db("identity.Session").update(session.id, { endedAt: new Date().toISOString() })
  await becomes(401, ask)
  expect((await asOther()).status).toBe(200)
})

test("a user who is deleted is nobody", async () => {
  const { ask, user } = await person("gone", ["crm.user"])
  expect((await ask()).status).toBe(200)
  await program.db("identity.User").delete(user)
  await becomes(401, ask)
})

test("a token that was made after a change is judged by the change, whatever was kept", async () => {
  const { user, group, sid, ask } = await person("newest", ["crm.user"])
  expect((await ask()).status).toBe(200)
  await program.db("identity.Group").update(group, { members: { $remove: [user] } as never })
  const version = Number(await program.database.text({ text: "select version from archipel.identity_state" }))
  const token = await program.token({ sub: user, sid, gv: version })
  expect((await program.ask(COUNTRIES, bearer(token))).status).toBe(403)
})

test("T9 without roles, or with roles that are granted nothing, nothing is allowed", async () => {
  const nobody = await person("roleless", [])
  expect((await nobody.ask()).json).toMatchObject({ code: "access.denied" })
  expect((await nobody.ask("/api/identity/clients")).json).toMatchObject({ code: "access.denied" })
  // Of groups everybody sees the ones that they are in.
  expect((await nobody.ask("/api/identity/groups")).json).toMatchObject({ data: [{ name: "rolelesss" }] })
  // What is one's own is there.
  const own = await nobody.ask("/api/identity/sessions")
  expect(own.json.data.map((row: { sid: string }) => row.sid)).toEqual([nobody.sid])
  const self = await nobody.ask("/api/identity/users?select=name,email")
  expect(self.json.data).toMatchObject([{ name: "roleless" }])
  const promoted = await program.ask(`/api/identity/users/${nobody.user}`, {
    ...bearer(nobody.token),
    method: "PATCH",
    body: { name: "Boss" },
  })
  expect(promoted.status).toBe(403)
})

test("what is told while nobody listens counts as soon as somebody does", async () => {
  const { ask, user, group } = await person("deaf", ["crm.user"])
  expect((await ask()).status).toBe(200)
  const cut = () =>
    program.database.query({
      text: "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'archipel listening'",
    })
  for (let round = 0; round < 5; round++) {
    await cut()
    await program.db("identity.Group").update(group, { members: { $remove: [user] } as never })
    await becomes(403, ask)
    await cut()
    await program.db("identity.Group").update(group, { members: { $add: [user] } as never })
    await becomes(200, ask)
  }
})

test("attributes, companies and groups are claims; roles for companies are for these alone, and identity's are not for companies", async () => {
  const north = await program.db("identity.Company").create({ code: "north", name: "North" })
  const user = await program.db("identity.User").create({
    name: "claimer",
    email: "claimer@example.com",
    timeZone: "Europe/Paris",
    attributes: { region: "EU", levels: [1, 2], companies: ["all"] } as never,
    companies: [north.id],
  })
  const group = await program.db("identity.Group").create({
    name: "claimers",
    members: [user.id],
    assignments: [{ role: "crm.user", companies: [north.id] }, { role: "crm.manager" }],
  })
  expect(await loadGrant(program.database, user.id)).toMatchObject({
    kind: "user",
    active: true,
    roles: ["identity.user", "crm.manager", "crm.user"],
    scopes: { "crm.user": [north.id] },
    claims: { region: "EU", levels: [1, 2], companies: [north.id], groups: ["claimers"] },
    timeZone: "Europe/Paris",
  })
  await expect(
    program.db("identity.Group").update(group.id, { assignments: [{ role: "identity.admin", companies: [north.id] }] }),
  ).rejects.toMatchObject({ code: "assignment.identity_is_whole" })
})
