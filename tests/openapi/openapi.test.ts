/**
 * The published OpenAPI against programs of others: a validator, and a client generator whose client works.
 * They bring their own TypeScript, so they are installed here, by this directory's own lock file.
 *
 * @module
 */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type DepotServer, startDepot } from "../../packages/server/test/http/depot-server.ts"

const run = promisify(execFile)
const here = fileURLToPath(new URL(".", import.meta.url))
const tool = (...path: readonly string[]) => join(here, "node_modules", ...path)

let depot: DepotServer
let directory: string
beforeAll(async () => {
  if (!existsSync(tool("@hey-api", "openapi-ts"))) {
    await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: here, timeout: 110_000 })
  }
  directory = await mkdtemp(join(tmpdir(), "archipel-openapi-"))
  depot = await startDepot()
}, 180_000)
afterAll(async () => {
  await depot?.close()
  if (directory) await rm(directory, { recursive: true, force: true })
})

interface Operation {
  readonly operationId: string
}
interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties?: object }>> }
}

const documentOf = async (path: string, as: string): Promise<Document> =>
  (await depot.ask(path, { as })).json as Document
const operationsOf = ({ paths }: Document) =>
  Object.values(paths).flatMap((item) =>
    Object.entries(item).flatMap(([method, o]) => (method === "parameters" ? [] : [o.operationId])),
  )

describe("the published OpenAPI", () => {
  test.each([
    ["/api/depot/openapi.json", "alice"],
    ["/api/depot/openapi.json", "clara"],
    ["/api/depot/openapi.json", "oscar"],
    ["/api/openapi.json", "alice"],
    ["/api/openapi.json", "oscar"],
  ])("%s for %s is valid to an independent validator", async (path, as) => {
    const { Validator } = (await import(tool("@seriousme", "openapi-schema-validator", "index.js"))) as {
      readonly Validator: new () => { validate(document: object): Promise<{ valid: boolean; errors?: unknown }> }
    }
    const document = await documentOf(path, as)
    expect(await new Validator().validate(document)).toMatchObject({ valid: true })
    const ids = operationsOf(document)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test("the validator refuses what is wrong, so that its yes means something", async () => {
    const { Validator } = (await import(tool("@seriousme", "openapi-schema-validator", "index.js"))) as {
      readonly Validator: new () => { validate(document: object): Promise<{ valid: boolean }> }
    }
    const document = await documentOf("/api/depot/openapi.json", "alice")
    expect((await new Validator().validate({ ...document, paths: { orders: {} } })).valid).toBe(false)
  })

  test("it is cut to the caller's rights", async () => {
    const [clerk, manager, outsider] = await Promise.all(
      ["clara", "alice", "oscar"].map((as) => documentOf("/api/depot/openapi.json", as)),
    )
    expect(operationsOf(manager as Document)).toEqual(
      expect.arrayContaining(["deleteOrder", "cancelOrder", "restockProduct", "uploadFile"]),
    )
    const ofClerk = operationsOf(clerk as Document)
    expect(ofClerk).toEqual(
      expect.arrayContaining([
        "listOrders",
        "createOrder",
        "updateOrder",
        "confirmOrder",
        "queryOrders",
        "exportOrders",
        // To attach them to orders.
        "uploadFile",
        "attachToOrder",
      ]),
    )
    for (const id of ["deleteOrder", "cancelOrder", "createProduct", "attachToProduct"])
      expect(ofClerk).not.toContain(id)
    expect(JSON.stringify(clerk)).not.toContain('"secret"')
    expect(operationsOf(outsider as Document)).toEqual([])
  })

  test("an independent generator makes a client that type-checks and does create, read, update and delete", async () => {
    const project = join(directory, "client")
    await cp(join(here, "client"), project, { recursive: true })
    await symlink(join(here, "node_modules"), join(project, "node_modules"))
    await writeFile(join(project, "openapi.json"), JSON.stringify(await documentOf("/api/depot/openapi.json", "alice")))
    const generation = {
      input: "openapi.json",
      output: { path: "generated", module: { extension: ".js" } },
      plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
    }
    await writeFile(join(project, "openapi-ts.config.mjs"), `export default ${JSON.stringify(generation)}`)
    await run(process.execPath, [tool("@hey-api", "openapi-ts", "bin", "run.js"), "--no-log-file"], {
      cwd: project,
      timeout: 60_000,
    })
    await run(process.execPath, [tool("typescript", "bin", "tsc"), "-p", "."], { cwd: project, timeout: 120_000 })
    const { stdout } = await run(process.execPath, ["built/scenario.js"], {
      cwd: project,
      timeout: 30_000,
      env: { ...process.env, BASE_URL: depot.url, TOKEN: "dev:alice" },
    })
    expect(JSON.parse(stdout)).toEqual({
      total: "25.00",
      listed: 1,
      note: "by a generated client",
      stale: "record.precondition_failed",
      status: "confirmed",
      deleted: 204,
      gone: "record.not_found",
    })
  }, 200_000)
})
