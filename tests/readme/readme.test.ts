import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { dataDirectory, startProgram } from "../support/program.ts"

const root = new URL("../../", import.meta.url)
const readme = readFileSync(new URL("README.md", root), "utf8")
const hello = fileURLToPath(new URL("examples/hello/hello.ts", root))

test("the README shows the smallest example as it is", () => {
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(readFileSync(hello, "utf8"))
})

test("what the README leads to is there", () => {
  const targets = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target as string)
  expect(targets.length).toBeGreaterThan(5)
  expect(targets.filter((target) => !existsSync(new URL(target, root)))).toEqual([])
})

test("the smallest example runs: everybody has tasks of their own", async () => {
  await using directory = await dataDirectory()
  await using program = await startProgram({ main: hello, data: directory.path })
  const made = await program.ask("/api/hello/tasks", { as: "clara", body: { title: "Water the plants" } })
  expect([made.status, made.json.title, made.json.done]).toEqual([201, "Water the plants", false])
  const seenBy = async (as: string) => (await program.ask("/api/hello/tasks?select=title", { as })).json.data
  expect(await seenBy("clara")).toEqual([{ id: made.json.id, title: "Water the plants" }])
  expect(await seenBy("martin")).toEqual([])
  expect((await program.ask("/api/hello/tasks", { as: "oscar" })).status).toBe(403)
})
