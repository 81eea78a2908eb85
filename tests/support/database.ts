/**
 * A database of its own for a test, on the server of the test run.
 *
 * @module
 */
import { randomUUID } from "node:crypto"
import pg from "pg"
import { inject } from "vitest"

/** An empty database that exists until it is disposed of. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string
  /** Connection URL with the password. */
  readonly url: string
  /** Ends everybody's connections to it and drops it. */
  drop(): Promise<void>
}

/**
 * Creates an empty database with a name that no other test has; drop it with `await using` or in `afterAll`.
 *
 * @param name Begins the database's name, for whoever looks at a server after a failure.
 * @param template An existing database to copy, to which nobody may be connected: far faster than creating tables again.
 */
export async function testDatabase(name = "test", template?: string): Promise<TestDatabase> {
  const server = inject("postgresUrl")
  const readable = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, 30)
  const database = `${readable}_${randomUUID().replaceAll("-", "").slice(0, 16)}`
  const identifier = pg.escapeIdentifier
  await asAdministrator(
    server,
    `create database ${identifier(database)}${template ? ` template ${identifier(template)}` : ""}`,
  )
  const url = new URL(server)
  url.pathname = `/${database}`
  const drop = (): Promise<void> =>
    asAdministrator(server, `drop database if exists ${identifier(database)} with (force)`)
  return { name: database, url: url.href, drop, [Symbol.asyncDispose]: drop }
}

async function asAdministrator(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, query_timeout: 60_000 })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
