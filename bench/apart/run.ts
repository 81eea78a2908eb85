/**
 * `npm run bench -- --apart`: what it costs to run services apart, and what is felt when one of them is disturbed.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises"
import { startDatabaseServer } from "../database-server.ts"
import { hasWrk } from "../load.ts"
import { usageOf } from "../processes.ts"
import { table } from "../summary.ts"
import { callsTable, measureCalls } from "./calls.ts"
import { type DrillRow, drillsTable, measureDrills, ofAll, ofOne, RECOVERED_WITHIN_MS } from "./drills.ts"
import { type CompanyProgram, startCompany } from "./program.ts"
import { measureProxyFloor } from "./proxy-floor.ts"
import { measureTopology, topologiesTable, type TopologyRow } from "./topologies.ts"

/** Until garbage of the start is gone. */
const IDLE_MS = 10_000
const services = ["identity", "gateway", "crm", "catalog", "people", "sales"] as const

export interface ApartOptions {
  readonly seconds: number
}

/** @returns the exit status */
export async function benchApart({ seconds }: ApartOptions, note: (line: string) => void): Promise<number> {
  if (!(await hasWrk())) {
    console.error("wrk is missing, which makes the load: apt-get install wrk")
    return 1
  }
  await using server = await startDatabaseServer(note)
  const url = server.url("postgres")
  note("asking in one process and over gRPC")
  const calls = await measureCalls(server)

  note("the bare proxy")
  const topologies: TopologyRow[] = [await measureProxyFloor(seconds)]
  note("one process")
  {
    await using company = await startCompany([], url)
    topologies.push(...(await measureTopology("one process", company, seconds)))
  }
  const drills: DrillRow[] = []
  let memory: string[][] = []
  let readyMs = 0
  for (const replicas of [1, 2]) {
    note(`apart, ${replicas} of each`)
    await using company = await startCompany(["--apart", "--replicas", String(replicas)], url)
    if (replicas === 1) {
      readyMs = company.readyMs
      await delay(IDLE_MS)
      memory = residentOf(company)
    }
    topologies.push(...(await measureTopology(`apart, ${replicas} of each`, company, seconds)))
    note("killing, pausing and restarting services")
    drills.push(...(await measureDrills(company, replicas === 1 ? ofAll : ofOne)))
  }
  console.log(`Asking another service:\n\n${callsTable(calls)}`)
  console.log(`\nThe same requests, 16 connections for ${seconds} s:\n\n${topologiesTable(topologies)}`)
  console.log(
    `\nApart and warm, ready after ${(readyMs / 1_000).toFixed(1)} s; idle:\n\n${table(["process", "RSS MB"], memory)}`,
  )
  console.log(`\nDisturbed under load (whole again within ${RECOVERED_WITHIN_MS} ms):\n\n${drillsTable(drills)}`)
  const failures = topologies.reduce((sum, row) => sum + row.failures, 0)
  const bad = drills.filter(
    ({ drill, wrong, refused, recoveryMs }) =>
      wrong > 0 || recoveryMs > RECOVERED_WITHIN_MS || (drill in ofOne && refused > 0),
  )
  if (failures > 0) console.error(`\n${failures} requests failed.`)
  for (const { service, drill } of bad) console.error(`\nNot as promised: ${service} ${drill}`)
  return failures > 0 || bad.length > 0 ? 1 : 0
}

const residentOf = (company: CompanyProgram): string[][] =>
  services.flatMap((service) =>
    company.pids(service).map((pid) => [service, (usageOf(pid).residentBytes / 2 ** 20).toFixed(0)]),
  )
