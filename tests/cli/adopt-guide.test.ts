import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { test } from "vitest"
import { testDatabase } from "../support/database.ts"
import { followGuide } from "./follow-guide.ts"

const page = readFileSync(new URL("../../docs/guides/adopt.md", import.meta.url), "utf8")

const psql = fileURLToPath(new URL("psql.mjs", import.meta.url))

test("what the guide to adopting a database says works, from the first command to the last", {
  timeout: 600_000,
}, async () => {
  await using database = await testDatabase("guide_shop")
  await using others = await testDatabase("guide_others")
  await followGuide(page, {
    env: {
      SHOP_URL: database.url,
      // The services beside it: what `archipel dev` would have in its own server.
      DATABASE_URL_TASKS: others.url,
      DATABASE_URL_IDENTITY: others.url,
    },
    before: `psql() { node ${psql} "$@"; }`,
  })
})
