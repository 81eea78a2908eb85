import { mkdtemp, rm, unlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabaseServer } from "@archipel/data"
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest"
import { testDatabase } from "../../../../tests/support/database.ts"
import { bearer, DEADLINE, directoryProgram, type DirectoryProgram, users } from "./directory-program.ts"

const COUNTRIES = "/api/crm/countries"
const OLDER = "older than what was seen of it"
let dataDirectory: string
beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "archipel-restore-"))
})
afterAll(() => rm(dataDirectory, { recursive: true, force: true }))

const keysOf = async ({ ask }: DirectoryProgram): Promise<readonly string[]> =>
  (await ask("/oidc/jwks", { as: null })).json.keys.map(({ kid }: { kid: string }) => kid)

/** A program whose database was copied in the middle of its life, as a backup does, and what happened after. */
async function lives(around: AsyncDisposableStack) {
  const identity = await testDatabase("restored")
  const crm = around.use(await testDatabase("restored_crm"))
  const backup = `${identity.name}_b`.slice(0, 60)
  const server = around.use(await openDatabaseServer(inject("postgresUrl")))
  around.defer(() => server.drop(identity.name))
  around.defer(() => server.drop(backup))
  const begin = () =>
    directoryProgram({ url: identity.url, crmUrl: crm.url, dataDirectory, publicUrl: "http://directory.test" })
  const before = await begin()
  const sid = await before.login(users.clara)
  const token = await before.token({ sub: users.clara, sid })
  expect((await before.ask(COUNTRIES, bearer(token))).status).toBe(200)
  await before.db("identity.User").update(users.martin as never, { name: "Martin of yesterday" })
  await before[Symbol.asyncDispose]()
  await server.copy(identity.name, backup)
  return {
    begin,
    sid,
    token,
    async restore() {
      await server.drop(identity.name)
      await server.copy(backup, identity.name)
    },
  }
}

describe("a database that is restored from a backup", () => {
  test("is reported, and nothing in it that was revoked since is valid again", async () => {
    await using around = new AsyncDisposableStack()
    const { begin, sid, token, restore } = await lives(around)
    let kids: readonly string[]
    {
      await using after = await begin()
      expect(after.log.some((line) => line.includes(OLDER))).toBe(false)
      expect((await after.ask(COUNTRIES, bearer(token))).status).toBe(200)
      kids = await keysOf(after)
      const [session] = await after.db("identity.Session").find({ select: [], where: { sid } })
      await after.db("identity.Session").update(session?.id as never, { endedAt: new Date().toISOString() })
      await vi.waitFor(async () => expect((await after.ask(COUNTRIES, bearer(token))).status).toBe(401), DEADLINE)
    }
    await restore()
    await using restored = await begin()
    const reports = restored.log.map((line) => JSON.parse(line)).filter(({ msg }) => msg.includes(OLDER))
    expect(reports).toHaveLength(1)
    expect(reports[0].level).toBe("error")
    expect(await restored.db("identity.Session").count({ endedAt: { isSet: false } })).toBe(0)
    expect((await restored.ask(COUNTRIES, bearer(token))).status).toBe(401)
    expect(kids.length).toBeGreaterThan(0)
    expect((await keysOf(restored)).filter((kid) => kids.includes(kid))).toEqual([])
    // A new login is as good as any.
    const fresh = await restored.token({ sub: users.clara, sid: await restored.login(users.clara) })
    expect((await restored.ask(COUNTRIES, bearer(fresh))).status).toBe(200)
  })

  test("is known by a token that is newer, where no mark is left", async () => {
    await using around = new AsyncDisposableStack()
    const { begin, restore } = await lives(around)
    let version: number
    {
      await using after = await begin()
      const update = (name: string) =>
        after.db("identity.User").update(users.martin as never, { active: name === "in" })
      await update("out")
      await update("in")
      version = Number(await after.database.text({ text: "select version from archipel.identity_state" }))
    }
    await restore()
    await unlink(join(dataDirectory, "identity-mark.json"))
    await using restored = await begin()
    expect(restored.log.some((line) => line.includes(OLDER))).toBe(false)
    const sid = await restored.login(users.clara)
    const known = await restored.token({ sub: users.clara, sid })
    expect((await restored.ask(COUNTRIES, bearer(known))).status).toBe(200)
    const token = await restored.token({ sub: users.clara, sid, gv: version })
    expect((await restored.ask(COUNTRIES, bearer(token))).status).toBe(401)
    await vi.waitFor(() => expect(restored.log.some((line) => line.includes(OLDER))).toBe(true), DEADLINE)
    await vi.waitFor(
      async () => expect(await restored.db("identity.Session").count({ endedAt: { isSet: false } })).toBe(0),
      DEADLINE,
    )
    await vi.waitFor(async () => expect((await restored.ask(COUNTRIES, bearer(known))).status).toBe(401), DEADLINE)
  })

  test("is not mistaken for one that was only started anew", async () => {
    await using around = new AsyncDisposableStack()
    const { begin, token } = await lives(around)
    await unlink(join(dataDirectory, "identity-mark.json"))
    for (let round = 0; round < 3; round++) {
      await using again = await begin()
      expect(again.log.filter((line) => line.includes(OLDER))).toEqual([])
      expect((await again.ask(COUNTRIES, bearer(token))).status).toBe(200)
    }
  })
})
