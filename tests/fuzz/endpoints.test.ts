/**
 * Every generated endpoint under random and hostile requests: no 5xx, no text that shows the inside, no death, flat memory.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { Agent, request } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { counted } from "../support/counts.ts"
import { type TestDatabase, testDatabase } from "../support/database.ts"
import { type Document, type FuzzRequest, fuzzRequests } from "./endpoints.ts"

const BATCH = 20
const BATCHES = counted(60, 1_050)
const agent = new Agent({ keepAlive: true, maxSockets: BATCH })

let databases: readonly TestDatabase[]
let directory: string
let program: ChildProcess
let url: string
let logged = ""
let exit: number | string | null = null

beforeAll(async () => {
  databases = [await testDatabase("fuzz_depot"), await testDatabase("fuzz_identity")]
  directory = await mkdtemp(join(tmpdir(), "archipel-fuzz-"))
  const script = fileURLToPath(new URL("depot-program.ts", import.meta.url))
  program = spawn(process.execPath, ["--conditions=@archipel/source", "--expose-gc", script], {
    env: { ...process.env, DEPOT_URL: databases[0]?.url, IDENTITY_URL: databases[1]?.url, DIRECTORY: directory },
    stdio: ["ignore", "pipe", "pipe"],
  })
  program.stderr?.setEncoding("utf8").on("data", (text: string) => {
    logged = (logged + text).slice(-100_000)
  })
  url = await new Promise<string>((resolve, reject) => {
    program.stdout?.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()))
    program.once("exit", (code, signal) => {
      exit = code ?? signal
      reject(new Error(`The program ended (${exit}): ${logged}`))
    })
  })
})
afterAll(async () => {
  agent.destroy()
  if (exit === null) {
    const ended = new Promise((resolve) => program.once("exit", resolve))
    program.kill("SIGTERM")
    await ended
  }
  for (const database of databases) await database.drop()
  await rm(directory, { recursive: true, force: true })
})

interface Outcome {
  readonly status: number | "closed"
  readonly text: string
}

const wire = (path: string) =>
  path.replaceAll(/[^\x21-\x7e]/g, (c) => (c.isWellFormed() ? encodeURIComponent(c) : "%3F"))

function send({ method, path, headers, body }: FuzzRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    const sent = request(url + wire(path), { method, headers: { ...headers }, agent, timeout: 20_000 }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part
      })
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }))
      response.on("error", () => resolve({ status: "closed", text }))
    })
    sent.on("timeout", () => sent.destroy(new Error("No answer within 20 s")))
    sent.on("error", (error) => resolve({ status: "closed", text: error.message }))
    sent.end(body)
  })
}

const post = async (path: string, body: object): Promise<{ readonly id: string }> => {
  const headers = { authorization: "Bearer dev:alice", "content-type": "application/json" }
  const { status, text } = await send({ method: "POST", path, headers, body: JSON.stringify(body) })
  if (status !== 201) throw new Error(text)
  return JSON.parse(text) as { readonly id: string }
}
const get = async (path: string): Promise<unknown> => {
  const { text } = await send({ method: "GET", path, headers: { authorization: "Bearer dev:alice" }, body: undefined })
  return JSON.parse(text)
}

/** Words of SQL, of PostgreSQL, and of our own files. */
const inside = /\b(?:select .+ from |insert into |syntax error at|relation "|column "|pg_|node_modules|at .+\.ts:\d+)/i

function verdict({ status, text }: Outcome, { body }: FuzzRequest): string | undefined {
  // A refused body may be cut off while it is still being sent.
  if (status === "closed") return (body?.length ?? 0) > 1_000_000 ? undefined : `no answer: ${text}`
  if (status >= 500) return `${status}: ${text.slice(0, 500)}`
  if (status < 400 || text === "") return undefined
  if (inside.test(text)) return `shows the inside: ${text.slice(0, 500)}`
  const problem = JSON.parse(text) as { readonly code?: string; readonly status?: number; readonly traceId?: string }
  return problem.status === status && problem.code && problem.traceId
    ? undefined
    : `no problem document: ${text.slice(0, 500)}`
}

const heapMegabytes = async (): Promise<number> => {
  const { heapUsed, external } = (await get("/test/memory")) as { readonly heapUsed: number; readonly external: number }
  return (heapUsed + external) / 2 ** 20
}

describe("every generated endpoint", () => {
  test(
    `withstands ${BATCH * BATCHES} hostile requests`,
    async () => {
      const ids: string[] = []
      for (let i = 0; i < 5; i++) {
        const tag = await post("/api/depot/tags", { name: `tag ${i}` })
        const product = await post("/api/depot/products", {
          code: `F-${i}`,
          name: `Product ${i}`,
          price: "2.00",
          tags: [tag.id],
        })
        const order = await post("/api/depot/orders", {
          customer: "Acme",
          lines: [{ product: product.id, quantity: i + 1 }],
        })
        ids.push(tag.id, product.id, order.id)
      }
      const document = (await get("/api/openapi.json")) as Document
      const requests = fc.array(fuzzRequests(document, ids), { minLength: BATCH, maxLength: BATCH })
      const statuses = new Map<string, number>()
      let batches = 0
      let early: number | undefined
      const property = fc.asyncProperty(requests, async (batch) => {
        const outcomes = await Promise.all(batch.map(send))
        for (const [i, outcome] of outcomes.entries()) {
          statuses.set(String(outcome.status), (statuses.get(String(outcome.status)) ?? 0) + 1)
          const wrong = verdict(outcome, batch[i] as FuzzRequest)
          if (wrong !== undefined) {
            const { method, path, body } = batch[i] as FuzzRequest
            throw new Error(`${method} ${path}\n${String(body).slice(0, 1_000)}\n${wrong}\n${logged.slice(-3_000)}`)
          }
        }
        // A third of the way, caches are full; from there on memory has no reason to grow.
        if (++batches === Math.ceil(BATCHES / 3)) early = await heapMegabytes()
      })
      await fc.assert(property, {
        numRuns: BATCHES,
        endOnFailure: true,
        interruptAfterTimeLimit: 20 * 60_000,
        markInterruptAsFailure: true,
      })
      expect(exit).toBeNull()
      expect((await heapMegabytes()) - (early as number)).toBeLessThan(32)
      console.log(`answers by status: ${JSON.stringify(Object.fromEntries([...statuses].toSorted()))}`)
      // Requests that all fail at the door would prove nothing.
      const answered = [...statuses].filter(([status]) => status.startsWith("2")).reduce((n, [, count]) => n + count, 0)
      expect(answered).toBeGreaterThan(BATCH * BATCHES * 0.1)
    },
    25 * 60_000,
  )
})
