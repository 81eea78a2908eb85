/** Owns an embedded server until it is killed: the other process of `embedded.test.ts`. */
import { startEmbeddedPostgres } from "@archipel/data"

try {
  const directory = process.argv[2] as string
  const durable = process.argv[3] === "true"
  const server = await startEmbeddedPostgres({ directory, durable, settings: { shared_buffers: "16MB" } })
  process.stdout.write(JSON.stringify({ port: server.port, pid: server.pid, url: server.url("postgres") }))
  // Without a child to listen to, only this keeps the process alive.
  process.stdin.resume()
  process.stdin.on("end", () => process.exit(2))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
