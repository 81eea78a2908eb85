/** `buf curl`, which nobody here wrote, asks a running service what it offers and whether it is well. */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, expect, test } from "vitest"
import { serverNameOf } from "../../src/between/trust/workload.ts"
import { pairOf } from "./fleet.ts"
import { type CrmIsland, crmIsland } from "./rpc-island.ts"

const buf = fileURLToPath(new URL("../../../../node_modules/.bin/buf", import.meta.url))
const run = promisify(execFile)
const DEADLINE_MS = 60_000

const stack = new AsyncDisposableStack()
let crm: CrmIsland
let directory: string

beforeAll(async () => {
  crm = stack.use(await crmIsland())
  directory = await mkdtemp(join(tmpdir(), "archipel-buf-"))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
})
afterAll(() => stack.disposeAsync())

/** What it writes about the service, with the certificate of another. */
async function curl(caller: string, path: string, ...options: readonly string[]): Promise<string> {
  const pair = await pairOf(caller)
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(directory, name), content, { mode: 0o600 })
    return join(directory, name)
  }
  const args = [
    ["curl", "--protocol", "grpc"],
    ["--cacert", await file("authorities.pem", pair.authorities)],
    ["--cert", await file(`${caller}.pem`, pair.certificate)],
    ["--key", await file(`${caller}.key`, pair.key)],
    ["--servername", serverNameOf("crm")],
    options,
    [`https://${crm.island.address}${path}`],
  ]
  const { stdout } = await run(buf, args.flat(), { timeout: DEADLINE_MS, cwd: directory, env: { HOME: directory } })
  return stdout
}

test("it lists the services by reflection: that of the records, and health", async () => {
  const listed = (await curl("sales", "", "--list-services")).trim().split("\n").toSorted()
  expect(listed).toEqual(["archipel.data.v1.Data", "grpc.health.v1.Health"])
})

test("it lists their methods, and describes the messages to whoever wants to call them", async () => {
  expect((await curl("sales", "", "--list-methods")).split("\n")).toEqual(
    expect.arrayContaining(["archipel.data.v1.Data/Call", "grpc.health.v1.Health/Check"]),
  )
  const body = Buffer.from("{}").toString("base64")
  const answer = JSON.parse(
    await curl("sales", "/archipel.data.v1.Data/Call", "--data", JSON.stringify({ operation: "describe", body })),
  )
  expect(JSON.parse(Buffer.from(answer.body, "base64").toString())).toMatchObject({ service: "crm", protocol: 1 })
})

test("it reads health, of the whole and of the service of records", async () => {
  for (const service of ["", "archipel.data.v1.Data"]) {
    const answer = await curl("sales", "/grpc.health.v1.Health/Check", "--data", JSON.stringify({ service }))
    expect(JSON.parse(answer)).toEqual({ status: "SERVING" })
  }
})

test("with the certificate of a service that may not ask, it learns nothing", async () => {
  await expect(curl("people", "", "--list-services")).rejects.toThrow()
})
