import type { AccessExplanation } from "@archipel/core"
import { type TestApp, type TestUser, testService, type Who } from "@archipel/server/test"
import fc from "fast-check"
import { expect, test } from "vitest"
import { counted } from "../support/counts.ts"
import { workshopService } from "./workshop.ts"

const auditor: TestUser = { roles: ["workshop.auditor"] }

interface Asked {
  readonly status: number
  readonly body: AccessExplanation & { readonly code?: string }
}
async function explain(app: TestApp, who: Who, path: string, body: object): Promise<Asked> {
  const answer = await app.http(who)(`/api/workshop/${path}/$explain`, { method: "POST", body })
  return { status: answer.status, body: (await answer.json()) as Asked["body"] }
}

test("only who has a role that explains may ask, and nobody where a service names none", async () => {
  await using app = await testService(workshopService)
  const { id } = await app.db("workshop.Notice").create({ title: "draft" })
  const body = { operation: "read", user: "no such user" }
  for (const who of ["administrator", { roles: ["workshop.manager"] }, "public", "outsider"] as const) {
    const roles = who === "administrator" ? { roles: ["workshop.manager", "workshop.user"] } : who
    expect(await explain(app, roles, `notices/${id}`, body)).toMatchObject({
      status: 403,
      body: { code: "access.denied" },
    })
  }
  expect((await explain(app, auditor, `notices/${id}`, body)).status).toBe(400)
  const known = await explain(app, auditor, `notices/${id}`, { operation: "read", user: "oscar" })
  expect(known.body).toMatchObject({ decision: "not_found", principals: [{ kind: "user", roles: [] }] })
  // Not even the auditor reads what is explained.
  expect((await app.http(auditor)(`/api/workshop/notices/${id}`)).status).toBe(404)
})

test("an answer names each rule, whether it is held, and what of it the record does not satisfy", async () => {
  await using app = await testService(workshopService)
  const owner = app.userId("martin")
  const { id } = await app.db("workshop.Job").create({ name: "n", owner, company: "north" })
  const principal = { roles: ["workshop.user"], id: app.userId("clara"), claims: { companies: ["south"] } }
  const { body } = await explain(app, auditor, `jobs/${id}`, { operation: "update", principal })
  expect(body.decision).toBe("not_found")
  const rules = Object.fromEntries(body.rules.map((rule) => [rule.id, rule]))
  expect(rules["workshop.Job/company"]).toMatchObject({
    kind: "restriction",
    holds: false,
    failing: ["company is empty", "company is one of my companies"],
  })
  expect(rules["workshop.Job/restrict/hidden-jobs-are-nobody-s"]).toMatchObject({ holds: true, failing: [] })
  expect(rules["workshop.Job/grant/user/read+update"]).toMatchObject({
    of: "user",
    held: true,
    rows: "owner is me",
    holds: false,
    failing: ["owner is me"],
  })
  expect(rules["workshop.Job/grant/manager/all"]).toMatchObject({ held: false, holds: true })
  expect(body.missing).toEqual(["workshop.manager"])
  expect(body.fields["name"]).toEqual({ read: "no", write: "no" })
  expect(JSON.stringify(body)).not.toContain(owner)

  const seen = { ...principal, id: owner, claims: { companies: ["north"] } }
  const finish = (await explain(app, auditor, `jobs/${id}`, { operation: "finish", principal: seen })).body
  expect(finish.decision).toBe("denied")
  expect(finish.rules.filter(({ holds }) => holds === false).map((rule) => [rule.id, rule.failing])).toEqual([
    ["workshop.Job/on/finish/where", ["due is set"]],
    ["workshop.Job/on/finish/notBy", ["owner is not me"]],
  ])
  const model = (await explain(app, auditor, "jobs", { operation: "read", principal: seen })).body
  expect(model).toMatchObject({
    id: null,
    decision: "depends",
    fields: { name: { read: "depends" }, price: { read: "no" } },
  })
})

test.each([
  [{}, "/operation"],
  [{ operation: "fly" }, "/operation"],
  [{ operation: "create" }, "/operation"],
  [{ operation: "read", principal: 1 }, "/principal"],
  [{ operation: "read", principal: { kind: "system" } }, "/principal/kind"],
  [{ operation: "read", principal: { roles: "x" } }, "/principal/roles"],
  [{ operation: "read", principal: { timeZone: "Mars" } }, "/principal/timeZone"],
  [{ operation: "read", principal: { scopes: { a: 1 } } }, "/principal/scopes"],
  [{ operation: "read", principal: { actor: { claims: [] } } }, "/principal/actor/claims"],
  [{ operation: "read", principal: {}, user: "clara" }, "/principal"],
  [{ operation: "read", more: 1 }, ""],
])("a malformed question %j is told where", async (body, path) => {
  await using app = await testService(workshopService)
  const { id } = await app.db("workshop.Notice").create({ title: "t" })
  expect(await explain(app, auditor, `notices/${id}`, body)).toMatchObject({
    status: 400,
    body: { code: "request.invalid", details: { errors: [{ path }] } },
  })
})

const anyRoles = fc.subarray(["workshop.user", "workshop.clerk", "workshop.manager"])
const someCompanies = fc.subarray(["north", "south"])
const anyScopes = fc.dictionary(fc.constantFrom("workshop.user", "workshop.manager"), someCompanies, { maxKeys: 1 })
const anybody = (clara: string) =>
  fc.record({
    roles: anyRoles,
    claims: fc.record({ companies: someCompanies }),
    id: fc.constant(clara),
    scopes: anyScopes,
    actor: fc.option(fc.record({ service: fc.constant("sales"), roles: anyRoles }), { nil: undefined }),
  })
const anyJob = (clara: string, martin: string) =>
  fc.record({
    name: fc.constantFrom("job", "hidden job"),
    company: fc.constantFrom(null, "north", "south"),
    owner: fc.constantFrom(null, clara, martin),
    due: fc.constantFrom(null, "2026-01-01"),
  })

test("T32: an explanation agrees with what happens, for random users, records and operations", async () => {
  await using app = await testService(workshopService)
  const [clara, martin] = [app.userId("clara"), app.userId("martin")]
  const operations = fc.constantFrom("read", "update", "delete", "finish")
  await fc.assert(
    fc.asyncProperty(anybody(clara), anyJob(clara, martin), operations, async (who, values, operation) => {
      const { id } = await app.db("workshop.Job").create(values)
      const { actor, ...rest } = who
      const principal = { ...rest, ...(actor ? { actor: { id: actor.service, roles: actor.roles } } : {}) }
      const { body } = await explain(app, auditor, `jobs/${id}`, { operation, principal })
      const user: TestUser = { ...rest, ...(actor ? { actor } : {}) }
      const jobs = app.as(user)("workshop.Job")
      const happened = await (operation === "read"
        ? jobs.get(id, { select: ["id"] })
        : operation === "update"
          ? jobs.update(id, { name: values.name })
          : operation === "delete"
            ? jobs.delete(id)
            : jobs.do("finish", id)
      ).then(
        (answer) => (answer === null ? "record.not_found" : "done"),
        (error: { code: string }) => error.code,
      )
      const names = body.fields["name"]?.write
      const expected =
        body.decision === "allowed"
          ? operation === "update" && names === "no"
            ? ["access.field_denied", "query.unknown_field"]
            : ["done"]
          : body.decision === "not_found"
            ? ["record.not_found", "query.unknown_field"]
            : ["access.denied", "query.unknown_field"]
      expect(expected).toContain(happened)
    }),
    { numRuns: counted(150, 3_000) },
  )
})
