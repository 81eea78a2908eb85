/**
 * How the time of one page of a list grows with the table: a filter on an indexed field, keyset pages anywhere in it.
 *
 * @module
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { DatabaseServer } from "./database-server.ts"
import { applyLoad } from "./load.ts"
import { listPages, product, seedOrders } from "./product-subject.ts"
import { startSubject } from "./subject.ts"
import { table } from "./summary.ts"

export interface GrowthRow {
  readonly orders: number
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly failures: number
}

/** Few, so that the time is that of the work and not of waiting for one's turn. */
const connections = 2

export async function measureGrowth(
  sizes: readonly number[],
  seconds: number,
  server: DatabaseServer,
): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = []
  for (const orders of sizes) rows.push(await measureSize(orders, seconds, server))
  return rows
}

async function measureSize(orders: number, seconds: number, server: DatabaseServer): Promise<GrowthRow> {
  const database = "product_growth"
  await server.create(database)
  await seedOrders(server, database, { orders, linesPerOrder: 0 })
  await server.run(database, "vacuum (freeze, analyze)")
  await using process = await startSubject(product, server, database)
  const directory = await mkdtemp(join(tmpdir(), "archipel-bench-"))
  try {
    const paths = join(directory, "paths")
    await writeFile(paths, `${(await listPages(process.call)).join("\n")}\n`)
    const load = (duration: number) =>
      applyLoad({
        url: process.url,
        script: ["paths.lua"],
        seconds: duration,
        connections,
        environment: { BENCH_PATHS: paths, BENCH_TOKEN: product.token ?? "" },
      })
    await load(1)
    const result = await load(seconds)
    return {
      orders,
      requestsPerSecond: result.requests / (result.durationUs / 1e6),
      p50Ms: result.p50Us / 1000,
      p95Ms: result.p95Us / 1000,
      p99Ms: result.p99Us / 1000,
      failures: result.refused + result.broken,
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

export function growthTable(rows: readonly GrowthRow[]): string {
  const smallest = rows[0]?.p95Ms ?? Number.NaN
  return table(
    ["orders", "req/s", "p50 ms", "p95 ms", "p99 ms", "non-2xx", "p95 / smallest"],
    rows.map((row) => [
      row.orders.toLocaleString("en"),
      row.requestsPerSecond.toFixed(0),
      row.p50Ms.toFixed(2),
      row.p95Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      String(row.failures),
      (row.p95Ms / smallest).toFixed(2),
    ]),
  )
}
