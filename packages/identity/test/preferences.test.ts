import type { Id } from "@archipel/core"
import { testService, type TestApp, testId } from "@archipel/server/test"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { identityService } from "@archipel/identity"

const group: Id<"identity.Group"> = testId("sellers")
let app: TestApp
const [alice, clara, martin] = ["alice", "clara", "martin"] as const
/** Somebody with a role that every employee has, and no other. */
const employee = (login: string) => ({ roles: ["identity.user"], id: app.userId(login) })
const listOf = (login: string) => app.as(employee(login))("identity.Favourite")

beforeAll(async () => {
  app = await testService(identityService())
  await app
    .db("identity.Group")
    .create({ id: group, name: "Sellers", members: [app.userId(clara), app.userId(martin)] })
})
afterAll(() => app?.close())

const state = { where: { status: "draft" }, columns: ["number"] }
const names = async (login: string) =>
  (await listOf(login).find({ select: ["name"], where: { model: "sales.Order" }, orderBy: ["name"] })).map(
    ({ name }) => name,
  )

describe("favourites", () => {
  test("are their owner's, until they are shared with a group or with everybody", async () => {
    const { id } = await listOf(clara).create({ name: "Drafts", model: "sales.Order", state })
    expect([await names(clara), await names(martin), await names(alice)]).toEqual([["Drafts"], [], []])
    await listOf(clara).update(id, { audience: "group", sharedWith: group })
    expect([await names(martin), await names(alice)]).toEqual([["Drafts"], []])
    await listOf(clara).update(id, { audience: "everybody", sharedWith: null })
    expect(await names(alice)).toEqual(["Drafts"])
    const [shared] = await listOf(alice).find({ select: ["state", "owner.name"] })
    expect(shared).toMatchObject({ state, owner: { id: app.userId(clara) } })
  })

  test("are changed and deleted by their owner alone, and made for nobody else", async () => {
    const { id } = await listOf(clara).create({ name: "Mine", model: "crm.Customer", state, audience: "everybody" })
    await expect(listOf(martin).update(id, { name: "Yours" })).rejects.toMatchObject({ code: "access.denied" })
    await expect(listOf(martin).delete(id)).rejects.toMatchObject({ code: "access.denied" })
    const forMartin = { name: "Gift", model: "crm.Customer", state, owner: app.userId(martin) }
    await expect(listOf(clara).create(forMartin)).rejects.toMatchObject({
      code: expect.stringMatching(/^(access\.denied|record\.invalid)$/),
    })
    await expect(listOf(clara).update(id, { owner: app.userId(martin) })).rejects.toThrow()
  })

  test("are shared with groups that one is in, and are small", async () => {
    const foreign: Id<"identity.Group"> = testId("buyers")
    await app.db("identity.Group").create({ id: foreign, name: "Buyers", members: [] })
    const shared = { name: "x", model: "crm.Customer", state, audience: "group" } as const
    const invalid = { code: "record.invalid" }
    await expect(listOf(clara).create({ ...shared, sharedWith: foreign })).rejects.toMatchObject(invalid)
    await expect(listOf(clara).create(shared)).rejects.toMatchObject(invalid)
    await expect(
      listOf(clara).create({ name: "x", model: "crm.Customer", state: "x".repeat(20_001) }),
    ).rejects.toMatchObject(invalid)
  })
})

test("settings are their owner's alone, one for each key", async () => {
  const settings = (login: string) => app.as(employee(login))("identity.Setting")
  const widths = { user: app.userId(clara), key: "list:sales.Order", value: { number: 120 } }
  await settings(clara).upsert(widths, { key: ["user", "key"] })
  const { id } = await settings(clara).upsert({ ...widths, value: { number: 90 } }, { key: ["user", "key"] })
  expect(await settings(clara).find({ select: ["key", "value"] })).toEqual([
    { id, key: widths.key, value: { number: 90 } },
  ])
  for (const other of [employee(martin), "alice"]) {
    const rows = await app
      .as(other)("identity.Setting")
      .find({ select: ["key"] })
      .catch((error: { code: string }) => error.code)
    expect(rows).toBeOneOf([[], "access.denied"])
  }
  await expect(settings(martin).update(id, { value: {} })).rejects.toMatchObject({ code: "record.not_found" })
  await expect(settings(martin).upsert(widths, { key: ["user", "key"] })).rejects.toThrow()
})
