import { fileURLToPath } from "node:url"
import { expect, test, vi } from "vitest"
import { dataDirectory, startProgram } from "../../../../tests/support/program.ts"
import { DEADLINE, users } from "./directory-program.ts"

const main = fileURLToPath(new URL("directory-main.ts", import.meta.url))

test("workers hear of every change, whichever made it, and one link lets the administrator in", async () => {
  await using data = await dataDirectory()
  const program = await startProgram({ main, data: data.path, args: ["--workers", "2"] })
  // A connection each, so that both are asked.
  const asked = async (as: string): Promise<number[]> => {
    const asking = { as, headers: { connection: "close" } }
    const answers = await Promise.all(Array.from({ length: 12 }, () => program.ask("/api/crm/countries", asking)))
    return [...new Set(answers.map(({ status }) => status))]
  }
  const becomes = (status: number) =>
    vi.waitFor(async () => expect(await asked("clara")).toEqual([status]), { ...DEADLINE, interval: 100 })
  const activate = (active: boolean) =>
    program.ask(`/api/identity/users/${users.clara}`, { method: "PATCH", body: { active } })
  await becomes(200)
  for (let round = 0; round < 3; round++) {
    expect((await activate(false)).status).toBe(200)
    await becomes(401)
    expect((await activate(true)).status).toBe(200)
    await becomes(200)
  }
  expect((await program.ask("/oidc/jwks", { as: null })).json.keys).toHaveLength(1)
  expect(program.out.match(/\/account\/link\//g)).toHaveLength(1)
  expect(await program.end("SIGTERM")).toMatchObject({ code: 0, signal: null, err: "" })
})
