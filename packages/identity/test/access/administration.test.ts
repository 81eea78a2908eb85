import { afterAll, beforeAll, describe, expect, test, vi } from "vitest"
import { DEADLINE, directoryProgram, type DirectoryProgram, users } from "./directory-program.ts"

let program: DirectoryProgram
let administrators: string
let managers: string
beforeAll(async () => {
  program = await directoryProgram()
  const groups = await program.db("identity.Group").find({ select: ["name"] })
  const idOf = (name: string) => groups.find((group) => group.name === name)?.id as string
  administrators = idOf("Administrators")
  managers = idOf("Managers")
})
afterAll(() => program?.[Symbol.asyncDispose]())

const lastAdmin = { status: 422, json: { code: "identity.last_admin" } }
const patch = (path: string, body: object, as = "alice") => program.ask(path, { method: "PATCH", body, as })

describe("T30 the administration of rights", () => {
  test("is for administrators alone", async () => {
    const path = `/api/identity/groups/${managers}`
    const changes = [
      { assignments: [{ role: "identity.admin" }] },
      { members: [users.martin, users.clara] },
      { name: "Bosses" },
    ]
    for (const as of ["martin", "clara", "oscar"]) {
      for (const change of changes) expect((await patch(path, change, as)).status).toBeOneOf([403, 404])
      const own = { name: "Mine", members: [users.martin], assignments: [{ role: "crm.manager" }] }
      expect((await program.ask("/api/identity/groups", { body: own, as })).status).toBe(403)
      expect((await program.ask("/api/identity/assignments", { body: { role: "crm.manager" }, as })).status).toBeOneOf([
        400, 403, 405, 422,
      ])
      expect((await program.ask(`/api/identity/users/${users.alice}`, { method: "DELETE", as })).status).toBeOneOf([
        403, 404,
      ])
    }
    expect((await patch(path, { description: "Who decide" })).status).toBe(200)
  })

  test("lets nobody raise themselves", async () => {
    const self = `/api/identity/users/${users.clara}`
    for (const change of [
      { attributes: { region: "all" } },
      { active: true },
      { emailVerified: true },
      { email: "alice@example.org" },
      { companies: [] },
      { groups: [administrators] },
      { roles: ["identity.admin"] },
    ])
      expect((await patch(self, change, "clara")).status).toBeOneOf([400, 403])
    expect((await patch(self, { timeZone: "Europe/Oslo" }, "clara")).status).toBe(200)
  })

  test("knows only roles that some service declares", async () => {
    const path = `/api/identity/groups/${managers}`
    for (const role of ["crm.emperor", "nowhere.user", "admin", "crm.user.x", "crm.", ""]) {
      const { status, json } = await patch(path, { assignments: [{ role }] })
      expect(status).toBe(422)
      expect(json.code).toBe("record.invalid")
    }
  })

  test("always has an administrator", async () => {
    const alice = `/api/identity/users/${users.alice}`
    const group = `/api/identity/groups/${administrators}`
    const roles = await program.ask(`/api/identity/assignments?where={"role":"identity.admin"}`)
    const role = roles.json.data[0].id
    const attempts = [
      () => patch(alice, { active: false }),
      () => program.ask(alice, { method: "DELETE" }),
      () => patch(group, { members: [] }),
      () => patch(group, { members: { $remove: [users.alice] } }),
      () => patch(group, { assignments: [{ id: role, $delete: true }] }),
      () => patch(group, { assignments: [{ id: role, role: "identity.user" }] }),
      () => program.ask(group, { method: "DELETE" }),
    ]
    for (const attempt of attempts) expect(await attempt()).toMatchObject(lastAdmin)
    expect((await program.ask("/api/identity/clients", { as: "alice" })).status).toBe(200)

    // With a second one the first may go, and then the second may not.
    expect((await patch(group, { members: { $add: [users.martin] } })).status).toBe(200)
    expect((await patch(group, { members: [users.martin] })).status).toBe(200)
    await vi.waitFor(
      async () => expect((await program.ask("/api/identity/clients", { as: "alice" })).status).toBe(403),
      DEADLINE,
    )
    expect(await patch(`/api/identity/users/${users.martin}`, { active: false }, "martin")).toMatchObject(lastAdmin)
    expect((await patch(group, { members: [users.alice] }, "martin")).status).toBe(200)
    await vi.waitFor(
      async () => expect((await program.ask("/api/identity/clients", { as: "alice" })).status).toBe(200),
      DEADLINE,
    )
  })

  test("two administrators cannot remove each other at the same time", async () => {
    const group = `/api/identity/groups/${administrators}`
    for (let round = 0; round < 20; round++) {
      await program
        .db("identity.Group")
        .update(administrators as never, { members: [users.alice, users.martin] as never })
      const outcomes = await Promise.all([
        program
          .db("identity.User")
          .update(users.alice as never, { active: false })
          .then(
            () => "done",
            () => "refused",
          ),
        program
          .db("identity.User")
          .update(users.martin as never, { active: false })
          .then(
            () => "done",
            () => "refused",
          ),
      ])
      expect(outcomes.filter((outcome) => outcome === "done").length).toBeLessThanOrEqual(1)
      for (const id of [users.alice, users.martin])
        await program.db("identity.User").update(id as never, { active: true })
    }
    await program.db("identity.Group").update(administrators as never, { members: [users.alice] as never })
    await vi.waitFor(async () => expect((await program.ask(group)).status).toBe(200), DEADLINE)
  })
})
