import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Subject } from "./subject.ts"

/**
 * Somebody else's limit, against which our own is checked: a directory with `hand/server.mjs` and `sql/seed.sql` that
 * speaks the baseline's paths.
 */
export const reference = (directory: string): Subject => ({
  name: "reference",
  seed: async (server, database) => server.run(database, await readFile(join(directory, "sql/seed.sql"), "utf8")),
  program: [join(directory, "hand/server.mjs")],
  environment: (server, database) => ({ PGPORT: String(server.port), DB: database }),
  readyPath: "/orders/1",
  check: async (work, call) => {
    if (work === "W1") assert.equal(((await call("GET", "/orders/15")) as { id: number }).id, 15)
    if (work === "W2") assert.equal(((await call("GET", "/orders?status=draft")) as unknown[]).length, 20)
  },
})
