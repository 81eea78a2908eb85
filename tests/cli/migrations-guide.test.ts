import { readFileSync } from "node:fs"
import { openDatabaseServer } from "@archipel/data"
import { inject, test } from "vitest"
import { followGuide } from "./follow-guide.ts"

const page = readFileSync(new URL("../../docs/guides/migrations.md", import.meta.url), "utf8")

test("what the guide to migrations says works, from the first command to the last", { timeout: 600_000 }, async () => {
  const base = `guide_${process.pid}`
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${base}`
  const server = await openDatabaseServer(inject("postgresUrl"))
  await server.create(base)
  try {
    await followGuide(page, { env: { DATABASE_URL: url.href } })
  } finally {
    for (const name of await server.names(base)) await server.drop(name)
    await server.close()
  }
})
