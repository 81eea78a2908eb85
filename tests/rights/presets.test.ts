import {
  claim,
  contract,
  DefinitionError,
  identity,
  logic,
  me,
  resolveCatalog,
  resolveService,
  today,
} from "@archipel/core"
import { type TestApp, type TestUser, testService } from "@archipel/server/test"
import { expect, test } from "vitest"
import { workshop, workshopService } from "./workshop.ts"

const stored = (app: TestApp, id: string) =>
  app.db("workshop.Message").get(id, { select: ["text", "state", "region", "writtenBy", "day"] })

const intake: TestUser = { roles: ["workshop.intake"], claims: { region: "west" } }

test("a preset is what the field gets; who names the field is refused as for any that may not be written", async () => {
  await using app = await testService(workshopService)
  const clara = { ...intake, id: app.userId("clara") }
  const { id } = await app.as(clara)("workshop.Message").create({ text: "t" })
  expect(await stored(app, id)).toMatchObject({ writtenBy: clara.id, region: "west" })
  for (const values of [{ region: "west" }, { writtenBy: clara.id }, { writtenBy: null }]) {
    const refused = app
      .as(clara)("workshop.Message")
      .create({ text: "t", ...values })
    await expect(refused).rejects.toMatchObject({
      code: "access.field_denied",
      details: { fields: Object.keys(values) },
    })
  }
})

test("a form is told what a preset gives, and that the field is not for writing", async () => {
  await using app = await testService(workshopService)
  const clara = { ...intake, id: app.userId("clara") }
  const draft = await app.http(clara)("/api/workshop/messages/$draft", {
    method: "POST",
    body: { values: { text: "t" } },
  })
  expect(await draft.json()).toMatchObject({
    patch: { region: "west", writtenBy: clara.id },
    errors: [],
    fields: { region: { readonly: true, required: false }, text: { readonly: false } },
  })
})

test("on update a preset is set again, in the rows that the grant matches", async () => {
  await using app = await testService(workshopService)
  const { id } = await app.db("workshop.Message").create({ text: "t", region: "east" })
  const martin = { ...intake, id: app.userId("martin") }
  await app.as(martin)("workshop.Message").update(id, { text: "u" })
  expect(await stored(app, id)).toMatchObject({ text: "u", region: "west", writtenBy: martin.id })
})

test("a claim without a value, or with several, presets nothing: the grant then does not allow the write", async () => {
  await using app = await testService(workshopService)
  const { id } = await app.db("workshop.Message").create({ text: "t" })
  const who = (claims: TestUser["claims"]) => app.as({ ...intake, claims: claims ?? {}, id: app.userId("clara") })
  for (const claims of [{}, { region: ["east", "west"] }, { region: null }]) {
    const refused = who(claims)("workshop.Message").update(id, { text: "u" })
    await expect(refused).rejects.toMatchObject({
      code: "access.denied",
      details: { rule: "workshop.Message/grant/intake/create+update" },
    })
  }
  await who({ region: ["east"] })("workshop.Message").update(id, { text: "u" })
  expect(await stored(app, id)).toMatchObject({ text: "u", region: "east" })
})

test("grants that preset a field differently leave nobody to say which: refused", async () => {
  await using app = await testService(workshopService)
  const who = { ...intake, roles: ["workshop.intake", "workshop.clerk"] }
  await expect(app.as(who)("workshop.Message").create({ text: "t", kind: "complaint" })).rejects.toMatchObject({
    code: "access.denied",
  })
})

test("another role never takes a write away: what one grant does not allow, another one may", async () => {
  await using app = await testService(workshopService)
  // Without a region it is no intake, but the public may still write it.
  const { id } = await app
    .as({ ...intake, claims: {} })("workshop.Message")
    .create({ text: "t" })
  expect(await stored(app, id)).toMatchObject({ region: null, state: "new" })
})

const mistakesOf = (statement: object): readonly string[] => {
  const catalog = resolveCatalog([workshop.definition, identity.definition])
  const logics = [
    logic("workshop.Customer").grant("workshop.user", ["read"], "all"),
    logic("workshop.Job")
      .grant("workshop.user", ["read"], "all")
      .on("finish", { by: ["workshop.user"] }),
    logic("workshop.Notice").grant("workshop.user", ["read"], "all"),
    { model: "workshop.Message", statements: [{ kind: "grant", role: "workshop.user", where: "all", ...statement }] },
  ]
  try {
    resolveService(workshop.definition, logics as never, catalog)
    return []
  } catch (error) {
    if (error instanceof DefinitionError) return error.mistakes
    throw error
  }
}

test("presets and grantees are checked by the compiler", () => {
  const message = logic("workshop.Message")
  const presets = [
    message.grant("public", ["create"], "all", { presets: { state: "read", region: null, day: today(-1) } }),
    message.grant("workshop.user", ["create"], "all", { presets: { writtenBy: me, region: claim("region") } }),
    // @ts-expect-error -- no such field
    message.grant("workshop.user", ["create"], "all", { presets: { nothing: "x" } }),
    // @ts-expect-error -- no such choice
    message.grant("workshop.user", ["create"], "all", { presets: { state: "old" } }),
    // @ts-expect-error -- the framework writes it
    message.grant("workshop.user", ["create"], "all", { presets: { version: 1 } }),
    // @ts-expect-error -- no user
    message.grant("workshop.user", ["create"], "all", { presets: { text: me } }),
    // @ts-expect-error -- required
    message.grant("workshop.user", ["create"], "all", { presets: { text: null } }),
    // @ts-expect-error -- no such role
    message.grant("workshop.nobody", ["create"], "all"),
  ]
  expect(presets).toHaveLength(8)
})

test("a preset that cannot be is named at start", () => {
  expect(mistakesOf({ operations: ["create"], presets: { state: "new" } })).toEqual([])
  expect(mistakesOf({ operations: ["create"], presets: { state: "old" } })).toHaveLength(1)
  expect(mistakesOf({ operations: ["create"], presets: { nothing: 1 } })).toHaveLength(1)
  expect(mistakesOf({ operations: ["create"], presets: { version: 1 } })).toHaveLength(1)
  expect(mistakesOf({ operations: ["create"], presets: { text: null } })).toHaveLength(1)
  expect(mistakesOf({ operations: ["create"], presets: { text: { contains: "x" } } })).toHaveLength(1)
  expect(mistakesOf({ operations: ["create"], presets: { text: me } })).toHaveLength(1)
  expect(mistakesOf({ operations: ["read"], presets: { state: "new" } })).toHaveLength(1)
})

test("contracts without the company that they name do not start", () => {
  const wrong = contract("wrong_company", { roles: [], models: {} })
  const definition = {
    ...wrong.definition,
    models: {
      A: { ...(workshop.definition.models["Notice"] as object), company: "nothing" },
      B: { ...(workshop.definition.models["Notice"] as object), sharedWhenNull: true },
    },
  }
  expect(() => resolveCatalog([definition as never, identity.definition])).toThrow(/A: its company[\s\S]*B says/)
})
