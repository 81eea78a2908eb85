/**
 * `npm run bench -- --cpu`: the CPU time of a request and nothing else, for machines that others use too. Unlike throughput it
 * hardly depends on what else runs; so it takes short samples, one subject right after the other, on data that is copied once.
 *
 * @module
 */

import { baseline } from "./baseline-subject.ts"
import { startDatabaseServer } from "./database-server.ts"
import { hasWrk } from "./load.ts"
import type { BenchOptions } from "./options.ts"
import { earlier, product } from "./product-subject.ts"
import {
  apply,
  type Load,
  measuredOrders,
  prepareSubject,
  type Orders,
  type Sample,
  sampleOf,
  templateOf,
  warmedOrders,
} from "./rounds.ts"
import { type RunningSubject, startSubject, type Subject } from "./subject.ts"
import { summarise, table } from "./summary.ts"
import { works } from "./works.ts"

/** Fewer than of the throughput: what waits for a turn of the processor is then not told from what is served in one. */
const CONNECTIONS = 8

/** Enough for what is often called to be compiled, however slow the machine is now. */
const WARM_REQUESTS = 5_000
const WARM_PARTS = 10
const WARM_SECONDS = 3

/** @returns the exit status */
export async function benchCpu(options: BenchOptions, note: (line: string) => void): Promise<number> {
  if (!(await hasWrk())) {
    console.error("wrk is missing, which makes the load: apt-get install wrk")
    return 1
  }
  const subjects = [baseline, product, ...(options.against === null ? [] : [earlier(options.against)])]
  await using server = await startDatabaseServer(note)
  await using resources = new AsyncDisposableStack()
  const running: { readonly subject: Subject; readonly process: RunningSubject }[] = []
  for (const subject of subjects) {
    note(`seeding and checking ${subject.name}`)
    await prepareSubject(subject, server, options.works)
    await server.copy(templateOf(subject), subject.name)
    running.push({ subject, process: resources.use(await startSubject(subject, server, subject.name)) })
  }
  const samples: Sample[] = []
  let failures = 0
  for (const work of options.works) {
    note(work)
    for (const each of running) failures += await warm({ ...each, work, connections: CONNECTIONS })
    for (let round = 0; round < options.rounds; round++) {
      const orders = partOf(measuredOrders, round, options.rounds)
      const first = round % running.length
      for (const each of [...running.slice(first), ...running.slice(0, first)]) {
        const { seconds } = options
        samples.push(await sampleOf({ ...each, round, work, server, seconds, orders, connections: CONNECTIONS }))
      }
    }
  }
  failures += samples.reduce((sum, sample) => sum + sample.failures, 0)
  console.log(cpuTable(samples))
  if (failures > 0) console.error(`\n${failures} requests failed: these figures measure something else than the works.`)
  return failures > 0 ? 1 : 0
}

/** @returns the failures */
async function warm(load: Load): Promise<number> {
  let requests = 0
  let failures = 0
  for (let part = 0; part < WARM_PARTS && requests < WARM_REQUESTS; part++) {
    const result = await apply(load, partOf(warmedOrders, part, WARM_PARTS), WARM_SECONDS)
    requests += result.requests
    failures += result.refused + result.broken
  }
  return failures
}

/** One of so many equal parts. */
function partOf([first, last]: Orders, index: number, count: number): Orders {
  const size = Math.floor((last - first + 1) / count)
  return [first + index * size, first + (index + 1) * size - 1]
}

function cpuTable(samples: readonly Sample[]): string {
  const rows = summarise(samples).map(({ work, subject, cpuRatio, serverCpuUs, postgresCpuUs }) => [
    work,
    subject,
    subject === "baseline" ? "" : (cpuRatio ?? Number.NaN).toFixed(3),
    subject === "baseline" ? "" : (works.find(({ name }) => name === work)?.first ?? Number.NaN).toFixed(2),
    serverCpuUs.toFixed(1),
    postgresCpuUs.toFixed(1),
    (serverCpuUs + postgresCpuUs).toFixed(1),
  ])
  return table(["work", "subject", "CPU ratio", "first budget", "server CPU µs", "PostgreSQL CPU µs", "together"], rows)
}
