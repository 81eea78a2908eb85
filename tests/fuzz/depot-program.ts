/**
 * The depot as a process of its own, so that its death and its memory can be seen from outside.
 * Prints its address; what it logs goes to standard error, a line of JSON each.
 *
 * @module
 */
import { createLog } from "../../packages/server/src/log.ts"
import { runDepot } from "../../packages/server/test/http/depot-server.ts"

const setting = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}
const collectGarbage = (globalThis as { readonly gc?: () => void }).gc

const depot = await runDepot({ depot: setting("DEPOT_URL"), identity: setting("IDENTITY_URL") }, setting("DIRECTORY"), {
  log: createLog({ level: "error", destination: { write: (line) => void process.stderr.write(line) } }),
  routes(app) {
    app.get("/test/memory", (c) => {
      collectGarbage?.()
      return c.json(process.memoryUsage())
    })
  },
})
process.on("SIGTERM", () => void depot.close(2_000).then(() => process.exit(0)))
process.stdout.write(`${depot.url}\n`)
