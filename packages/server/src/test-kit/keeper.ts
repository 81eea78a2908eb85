/**
 * The process that keeps the PostgreSQL of all tests of a user running: as long as a test process is connected to it, and
 * some seconds longer, so that the next run finds it warm. It serves nobody but who can read its note.
 *
 * @module
 */
import { randomBytes, timingSafeEqual } from "node:crypto"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { ArchipelError } from "@archipel/core"
import { openDatabaseServer, startEmbeddedPostgres } from "@archipel/data"
import { keeperNote, type KeeperNote, templatePrefix, testPrefix } from "./keeper-note.ts"

/** Without a test process for so long, the server stops. */
const IDLE_MS = 20_000
/** Two parallel runs of some services each. */
const MAX_CONNECTIONS = 500
/** Databases of contracts that changed meanwhile; over this all are made anew. */
const MAX_TEMPLATES = 60

async function keep(directory: string): Promise<void> {
  const server = await startEmbeddedPostgres({
    directory,
    durable: false,
    maxConnections: MAX_CONNECTIONS,
    settings: { shared_buffers: "64MB", max_wal_size: "512MB" },
  })
  await tidy(server.url("postgres"))

  const note = keeperNote(directory)
  const token = randomBytes(24).toString("base64url")
  const tests = new Set<Socket>()
  const lifetime = Promise.withResolvers<void>()
  let idle: NodeJS.Timeout | undefined
  const rest = (): void => {
    clearTimeout(idle)
    if (tests.size === 0) idle = setTimeout(lifetime.resolve, IDLE_MS)
  }
  const doorkeeper = createServer((socket) => {
    socket.on("error", () => {})
    socket.once("data", (given: Buffer) => {
      const expected = Buffer.from(`${token}\n`)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return void socket.destroy()
      tests.add(socket)
      clearTimeout(idle)
      socket.once("close", () => {
        tests.delete(socket)
        rest()
      })
      socket.write("welcome\n")
    })
  })
  await new Promise<void>((resolve) => doorkeeper.listen(0, "127.0.0.1", resolve))
  const { port } = doorkeeper.address() as AddressInfo
  const draft = `${note}.${process.pid}`
  writeFileSync(draft, JSON.stringify({ port, token, url: server.url("postgres") } satisfies KeeperNote), {
    mode: 0o600,
  })
  renameSync(draft, note)
  rest()
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, lifetime.resolve)

  await lifetime.promise
  rmSync(note, { force: true })
  doorkeeper.close()
  for (const socket of tests) socket.destroy()
  await server.stop()
}

/** Removes what killed test runs left, and templates when there are too many. */
async function tidy(url: string): Promise<void> {
  await using server = await openDatabaseServer(url)
  for (const name of await server.names(testPrefix)) await server.drop(name)
  const templates = await server.names(templatePrefix)
  if (templates.length > MAX_TEMPLATES) for (const name of templates) await server.drop(name)
}

const [directory = ""] = process.argv.slice(2)
try {
  await keep(directory)
} catch (error) {
  // Another test process started one at the same time: that one is as good.
  if (error instanceof ArchipelError && error.code === "postgres.directory_in_use") process.exit(0)
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
