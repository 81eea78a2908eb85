import { type TestUser, testService } from "@archipel/server/test"
import { expect, test } from "vitest"
import { workshopService } from "./workshop.ts"

const north: TestUser["claims"] = { companies: ["north"] }
const both: TestUser["claims"] = { companies: ["north", "south"] }

const codeOf = async (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => "done",
    (error: { code?: string }) => error.code ?? error,
  )
const names = (rows: readonly { name: string }[]): string[] => rows.map(({ name }) => name).sort()

async function jobs() {
  const app = await testService(workshopService)
  const id = async (values: object): Promise<string> => (await app.db("workshop.Job").create(values as never)).id
  const clara = app.userId("clara")
  const rows = {
    north: await id({ name: "n", company: "north", owner: clara }),
    south: await id({ name: "s", company: "south", owner: clara }),
    shared: await id({ name: "x", owner: clara }),
    foreign: await id({ name: "f", company: "north", owner: app.userId("martin") }),
  }
  return { app, clara, rows, id, [Symbol.asyncDispose]: () => app.close() }
}

test("a row belongs to a company: who does not work for it neither sees nor changes it, whatever is granted", async () => {
  await using made = await jobs()
  const { app, rows } = made
  const manager = (claims: TestUser["claims"]) => app.as({ roles: ["workshop.manager"], claims: claims ?? {} })
  const seen = async (claims: TestUser["claims"]) =>
    names(await manager(claims)("workshop.Job").find({ select: ["name"] }))
  expect(await seen(north)).toEqual(["f", "n", "x"])
  expect(await seen({ companies: "south" })).toEqual(["s", "x"])
  expect(await seen(both)).toEqual(["f", "n", "s", "x"])
  expect(await seen({ companies: [] })).toEqual(["x"])
  expect(await seen({})).toEqual(["x"])
  expect(await manager({})("workshop.Customer").count()).toBe(0)
  expect(await codeOf(manager(north)("workshop.Job").update(rows.south, { name: "z" }))).toBe("record.not_found")
  // Neither into a company that one does not work for, nor made there.
  const moved = manager(north)("workshop.Job").update(rows.north, { company: "south" })
  await expect(moved).rejects.toMatchObject({ code: "access.denied", details: { rule: "workshop.Job/company" } })
  const created = manager(north)("workshop.Job").create({ name: "new", company: "south" })
  await expect(created).rejects.toMatchObject({ code: "access.denied", details: { rule: "workshop.Job/company" } })
})

test("a record of another company is no target of a reference", async () => {
  await using made = await jobs()
  const { app, rows } = made
  const { id } = await app.db("workshop.Customer").create({ name: "South & Sons", company: "south" })
  const manager = app.as({ roles: ["workshop.manager"], claims: north ?? {} })
  const refused = manager("workshop.Job").update(rows.north, { customer: id })
  await expect(refused).rejects.toMatchObject({ code: "record.invalid" })
})

test("a request may narrow its companies, never widen them", async () => {
  await using made = await jobs()
  const { app } = made
  const ask = async (companies: string | undefined, claims = both): Promise<string[]> => {
    const headers = companies === undefined ? {} : { "x-companies": companies }
    const answer = await app.http({ roles: ["workshop.manager"], claims: claims ?? {} })(
      "/api/workshop/jobs?select=name",
      { headers },
    )
    return names(((await answer.json()) as { data: { name: string }[] }).data)
  }
  expect(await ask(undefined)).toEqual(["f", "n", "s", "x"])
  expect(await ask("south")).toEqual(["s", "x"])
  expect(await ask(" north , south ")).toEqual(["f", "n", "s", "x"])
  expect(await ask("south", north)).toEqual(["x"])
  expect(await ask("")).toEqual(["x"])
})

test("a role given for a company counts for its records only; shared ones it may read, not change", async () => {
  await using made = await jobs()
  const { app, rows, clara } = made
  const who = { roles: ["workshop.user", "workshop.manager"], id: clara, claims: both ?? {} }
  const scoped = app.as({ ...who, scopes: { "workshop.manager": ["south"] } })
  // As a manager of the south; elsewhere as a user, with what users own.
  expect(names(await scoped("workshop.Job").find({ select: ["name"] }))).toEqual(["n", "s", "x"])
  expect(await codeOf(scoped("workshop.Job").update(rows.south, { price: "9" }))).toBe("done")
  expect(await codeOf(scoped("workshop.Job").update(rows.north, { price: "9" }))).toBe("access.field_denied")
  expect(await codeOf(scoped("workshop.Job").delete(rows.north))).toBe("access.denied")
  expect(await codeOf(scoped("workshop.Job").delete(rows.shared))).toBe("access.denied")
  expect(await codeOf(scoped("workshop.Job").delete(rows.south))).toBe("done")
  const nowhere = app.as({ ...who, roles: ["workshop.manager"], scopes: { "workshop.manager": [] } })
  expect(await nowhere("workshop.Job").count()).toBe(1)
  // A role that is not held is not gained by a scope.
  const unheld = app.as({ ...who, roles: [], scopes: { "workshop.manager": ["south"] } })
  expect(await codeOf(unheld("workshop.Job").count())).toBe("access.denied")
})

test("a service that acts for a user may do what both may: rows, cells, operations and transitions", async () => {
  await using made = await jobs()
  const { app, rows, clara } = made
  const as = (roles: readonly string[], ...actors: (readonly string[])[]) => {
    const [actor] = actors
    return app.as({
      roles,
      id: clara,
      claims: both ?? {},
      ...(actor ? { actor: { service: "sales", roles: actor } } : {}),
    })
  }
  const manager = ["workshop.manager"]
  const user = ["workshop.user"]
  const clerk = ["workshop.clerk"]
  const seen = async (db: ReturnType<typeof as>) => names(await db("workshop.Job").find({ select: ["name"] }))
  // `me` in the actor's rules is the user.
  expect(await seen(as(manager, user))).toEqual(["n", "s", "x"])
  expect(await seen(as(user, manager))).toEqual(["n", "s", "x"])
  expect(await seen(as(user, user))).toEqual(["n", "s", "x"])
  expect(await codeOf(as(manager, [])("workshop.Job").count())).toBe("access.denied")
  expect(await codeOf(as([], manager)("workshop.Job").count())).toBe("access.denied")
  // Cells: the price is not the clerk's, and the due date neither; the company is not the user's.
  expect(await codeOf(as(manager, clerk)("workshop.Job").find({ select: ["price"] }))).toBe("query.unknown_field")
  expect(await codeOf(as(user, clerk)("workshop.Job").find({ select: ["company"] }))).toBe("query.unknown_field")
  expect(await codeOf(as(manager, clerk)("workshop.Job").update(rows.north, { name: "z" }))).toBe("access.denied")
  expect(await codeOf(as(manager, user)("workshop.Job").update(rows.foreign, { name: "z" }))).toBe("record.not_found")
  expect(await codeOf(as(manager, user)("workshop.Job").update(rows.north, { price: "1" }))).toBe("query.unknown_field")
  expect(await codeOf(as(manager, user)("workshop.Job").delete(rows.north))).toBe("access.denied")
  await app.db("workshop.Job").update(rows.foreign, { due: "2026-01-01" })
  expect(await codeOf(as(manager, clerk)("workshop.Job").do("finish", rows.foreign))).toBe("access.denied")
  expect(await codeOf(as(manager, manager)("workshop.Job").do("finish", rows.foreign))).toBe("done")
})

test("anybody may do what is granted to the public, and nothing else", async () => {
  await using app = await testService(workshopService)
  await app.db("workshop.Notice").create({ title: "open", body: "b", internal: "canary" })
  await app.db("workshop.Notice").create({ title: "draft of it" })
  const visitor = app.http()
  const answer = await visitor("/api/workshop/notices")
  expect(answer.status).toBe(200)
  const text = await answer.text()
  expect(text).toContain("open")
  expect(text).not.toContain("canary")
  expect(text).not.toContain("draft of it")
  expect((await visitor("/api/workshop/notices?select=internal")).status).toBe(400)
  expect((await visitor("/api/workshop/jobs")).status).toBe(403)
  expect((await visitor("/api/workshop/notices", { method: "POST", body: { title: "x" } })).status).toBe(403)
  // A wrong token is not the public; services that grant it nothing ask for a login.
  expect((await visitor("/api/workshop/notices", { headers: { authorization: "Bearer x" } })).status).toBe(401)
  expect((await visitor("/api/identity/users")).status).toBe(401)
  expect((await visitor("/api/nothing/at-all")).status).toBe(401)
  // Whoever logs in may no less.
  expect(await app.as("outsider")("workshop.Notice").count()).toBe(1)
})

test("who may write but not read gets no record back", async () => {
  await using app = await testService(workshopService, { now: "2026-05-01T12:00:00Z" })
  const answer = await app.http()("/api/workshop/messages", { method: "POST", body: { text: "hello" } })
  expect(answer.status).toBe(201)
  const { id, ...rest } = (await answer.json()) as { id: string }
  expect(rest).toEqual({})
  expect(await app.db("workshop.Message").get(id, { select: ["state", "day", "createdBy"] })).toMatchObject({
    state: "new",
    day: "2026-05-01",
    createdBy: null,
  })
})
