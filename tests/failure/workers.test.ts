import { readdirSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"
import { counted } from "../support/counts.ts"
import { dataDirectory, isRunning, startProgram } from "../support/program.ts"
import { expectWhole, seedWares, writeOrders } from "./orders.ts"

const ORDERS = counted(150, 1_000)
const REPLACED_MS = 30_000

/** The children of a process that run Node. */
function workersOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8")
        const [, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
        const isNode = readFileSync(`/proc/${name}/cmdline`, "utf8").includes("company-main.ts")
        return Number(ppid) === parent && isNode ? [Number(name)] : []
      } catch {
        // It ended while we looked.
        return []
      }
    })
}

const linux = test.skipIf(process.platform !== "linux")

linux(
  "two workers behind one port: both answer, one that is killed is replaced, and no write is lost or torn",
  async () => {
    await using data = await dataDirectory()
    const program = await startProgram({ data: data.path, args: ["--workers", "2"] })
    const first = workersOf(program.pid)
    expect(first).toHaveLength(2)
    const wares = await seedWares(program.ask)

    // Connections go to the workers in turn.
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => program.ask("/api/crm/customers", { headers: { connection: "close" } })),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const metrics = (await program.ask("/metrics")).text
    expect(metrics).toMatch(
      /^http_server_request_duration_seconds_count\{method="GET",route="\/api\/crm\/customers",status="200"\} 8$/m,
    )

    const [victim] = first as [number]
    const told = await writeOrders(program.ask, wares, ORDERS, (n) => {
      if (n === Math.trunc(ORDERS / 3)) process.kill(victim, "SIGKILL")
    })
    expect(told.refused).toEqual([])
    expect(told.acknowledged.size + told.unanswered).toBe(ORDERS)
    expect(told.acknowledged.size).toBeGreaterThan(ORDERS / 2)
    await expectWhole(data.databaseUrl("sales"), told)
    const numbers = await program.ask("/api/sales/orders/$query", {
      body: { aggregates: { n: "count", d: "countDistinct(number)" } },
    })
    expect(numbers.json.data[0].n).toBe(numbers.json.data[0].d)

    await expect
      .poll(() => workersOf(program.pid).filter((pid) => pid !== victim).length, { timeout: REPLACED_MS })
      .toBe(2)
    const workers = workersOf(program.pid)
    expect(await program.end("SIGTERM")).toMatchObject({ code: 0, signal: null, err: "" })
    const alive = [...workers, data.serverPid()].filter(isRunning)
    expect(alive).toEqual([])
  },
)

linux("workers whose first process is killed end too, and the next start takes over", async () => {
  await using data = await dataDirectory()
  const program = await startProgram({ data: data.path, args: ["--workers", "2"] })
  const workers = workersOf(program.pid)
  // Without the first process there is nobody to replace or stop them, so they do not stay.
  process.kill(program.pid, "SIGKILL")
  await program.end("SIGKILL")
  await expect.poll(() => workers.filter(isRunning), { timeout: REPLACED_MS }).toEqual([])
  await using again = await startProgram({ data: data.path, args: ["--workers", "2"] })
  expect((await again.ask("/readyz")).status).toBe(200)
})
