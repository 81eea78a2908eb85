/**
 * One PostgreSQL for the whole test run, thrown away afterwards. Tests take databases of their own from it
 * (`tests/support/database.ts`); what one makes for all lies in a directory of the run. `TEST_DATABASE_URL` names a server
 * to use instead; its user may create databases.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startEmbeddedPostgres } from "@archipel/data"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** URL of the database `postgres` on the run's server. */
    readonly postgresUrl: string
    /** A directory of this run, for what is made once and shared by its test files. */
    readonly runDirectory: string
  }
}

/** Two workers, each with the two kinds of connections of a few services. */
const MAX_CONNECTIONS = 300

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runDirectory = await mkdtemp(join(tmpdir(), "archipel-run-"))
  const forget = (): Promise<void> => rm(runDirectory, { recursive: true, force: true })
  project.provide("runDirectory", runDirectory)
  const external = process.env["TEST_DATABASE_URL"]
  if (external !== undefined) {
    project.provide("postgresUrl", external)
    return forget
  }
  const directory = await mkdtemp(join(tmpdir(), "archipel-test-"))
  const server = await startEmbeddedPostgres({
    directory,
    durable: false,
    maxConnections: MAX_CONNECTIONS,
    settings: { shared_buffers: "128MB" },
  })
  project.provide("postgresUrl", server.url("postgres"))
  return async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
    await forget()
  }
}
