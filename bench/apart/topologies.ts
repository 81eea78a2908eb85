/**
 * The same requests to the same company in one process and apart: what the gateway, the network between services and a second replica
 * do to throughput and CPU time.
 *
 * @module
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { applyLoad } from "../load.ts"
import { usageOf } from "../processes.ts"
import { table } from "../summary.ts"
import type { CompanyProgram } from "./program.ts"

export interface TopologyRow {
  readonly topology: string
  readonly work: string
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of all its processes, PostgreSQL not counted. */
  readonly cpuUs: number
  readonly failures: number
}

const TOKEN = "dev:alice"
const WARM_SECONDS = 3

/** Ids of some orders, to ask for one by one. */
async function orderIds(url: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/api/sales/orders?select=id&limit=100`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  })
  const { data } = (await answer.json()) as { readonly data: readonly { readonly id: string }[] }
  return data.map(({ id }) => id)
}

const worksOf = (ids: readonly string[]): Readonly<Record<string, readonly string[]>> => ({
  "one order": ids.map((id) => `/api/sales/orders/${id}?select=number,total`),
  "20 orders with customers": ["draft", "confirmed", "shipped"].map(
    (status) => `/api/sales/orders?select=number,customer.name&status=${status}&limit=20`,
  ),
  "100 orders with customers": ["confirmed", "shipped"].map(
    (status) => `/api/sales/orders?select=number,customer.name&status=${status}&limit=100`,
  ),
  "20 orders with customers, employees and products": ["confirmed", "shipped"].map(
    (status) =>
      `/api/sales/orders?select=number,customer.name,employee.name,lines.product.name&status=${status}&limit=20`,
  ),
})

export async function measureTopology(
  topology: string,
  company: CompanyProgram,
  seconds: number,
): Promise<TopologyRow[]> {
  await using resources = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), "archipel-bench-paths-"))
  resources.defer(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, "paths")
  const rows: TopologyRow[] = []
  for (const [work, paths] of Object.entries(worksOf(await orderIds(company.url)))) {
    await writeFile(file, `${paths.join("\n")}\n`)
    rows.push(await measureLoad({ topology, work, url: company.url, pid: company.pid, paths: file, seconds }))
  }
  return rows
}

/** The same requests again and again, to one address that a process and its children answer. */
export async function measureLoad({
  topology,
  work,
  url,
  pid,
  paths,
  seconds,
}: Pick<TopologyRow, "topology" | "work"> & {
  readonly url: string
  readonly pid: number
  /** A file, a path in each line. */
  readonly paths: string
  readonly seconds: number
}): Promise<TopologyRow> {
  const load = (each: number) =>
    applyLoad({
      url,
      script: ["paths.lua"],
      seconds: each,
      connections: 16,
      environment: { BENCH_PATHS: paths, BENCH_TOKEN: TOKEN },
    })
  await load(WARM_SECONDS)
  const before = usageOf(pid).cpuUs
  const result = await load(seconds)
  const cpuUs = usageOf(pid).cpuUs - before
  return {
    topology,
    work,
    requestsPerSecond: result.requests / (result.durationUs / 1e6),
    p50Ms: result.p50Us / 1_000,
    p99Ms: result.p99Us / 1_000,
    cpuUs: cpuUs / result.requests,
    failures: result.refused + result.broken,
  }
}

export const topologiesTable = (rows: readonly TopologyRow[]): string =>
  table(
    ["work", "topology", "req/s", "p50 ms", "p99 ms", "server CPU µs"],
    rows
      .toSorted((a, b) => (a.work < b.work ? -1 : a.work > b.work ? 1 : 0))
      .map((row) => [
        row.work,
        row.topology,
        row.requestsPerSecond.toFixed(0),
        row.p50Ms.toFixed(1),
        row.p99Ms.toFixed(1),
        row.cpuUs.toFixed(0),
      ]),
  )
