/**
 * The interleaved measurement: in each round every subject starts on fresh data, and each work is done by one subject
 * right after the other, so that a disturbance of the machine meets all of them.
 *
 * @module
 */

import type { DatabaseServer } from "./database-server.ts"
import { applyLoad } from "./load.ts"
import type { BenchOptions } from "./options.ts"
import { usageOf } from "./processes.ts"
import { type RunningSubject, startSubject, type Subject } from "./subject.ts"
import type { WorkName } from "./works.ts"

/** One work of one subject in one round. */
export interface Sample {
  readonly round: number
  readonly work: WorkName
  readonly subject: string
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  /** Answers that were no success, and connections that broke. */
  readonly failures: number
  readonly serverCpuUs: number
  readonly postgresCpuUs: number
  /** The server's memory at the end of the work. */
  readonly residentBytes: number
}

export const templateOf = (subject: Subject): string => `${subject.name}_template`

/** Seeds each subject's template, then does every work once on a copy and checks the answer. */
export async function prepareSubject(
  subject: Subject,
  server: DatabaseServer,
  works: readonly WorkName[],
): Promise<void> {
  const template = templateOf(subject)
  await server.create(template)
  await subject.seed(server, template)
  await server.run(template, "vacuum (freeze, analyze)")
  await server.copy(template, subject.name)
  await using running = await startSubject(subject, server, subject.name)
  for (const work of works) {
    try {
      await subject.check(work, running.call)
    } catch (error) {
      throw new Error(`${subject.name} does not do ${work}`, { cause: error })
    }
  }
}

export async function measureRound(
  round: number,
  subjects: readonly Subject[],
  server: DatabaseServer,
  options: BenchOptions,
): Promise<Sample[]> {
  await using resources = new AsyncDisposableStack()
  const running: { subject: Subject; process: RunningSubject }[] = []
  for (const subject of subjects) {
    await server.copy(templateOf(subject), subject.name)
    running.push({ subject, process: resources.use(await startSubject(subject, server, subject.name)) })
  }
  const samples: Sample[] = []
  for (const [index, work] of options.works.entries()) {
    // Whoever comes first finds other caches than whoever comes last.
    const first = (round + index) % running.length
    for (const { subject, process } of [...running.slice(first), ...running.slice(0, first)]) {
      samples.push(await measure(round, work, subject, process, server, options))
    }
  }
  return samples
}

/** One work of one subject, after it was warmed up. */
export async function measure(
  round: number,
  work: WorkName,
  subject: Subject,
  process: RunningSubject,
  server: DatabaseServer,
  { seconds, warmSeconds }: Pick<BenchOptions, "seconds" | "warmSeconds">,
): Promise<Sample> {
  const warmed = await apply({ work, subject, process }, warmedOrders, warmSeconds)
  const sample = await sampleOf({ round, work, subject, process, server, seconds, orders: measuredOrders })
  return { ...sample, failures: warmed.refused + warmed.broken + sample.failures }
}

/** The first and the last order that updates change. */
export type Orders = readonly [first: number, last: number]

/** What is measured finds the orders as they were seeded. */
export const warmedOrders: Orders = [1, 20_000]
export const measuredOrders: Orders = [20_001, 100_000]

export interface Load {
  readonly work: WorkName
  readonly subject: Subject
  readonly process: RunningSubject
  /** 50 when left out. */
  readonly connections?: number
}

interface Measurement extends Load {
  readonly round: number
  readonly server: DatabaseServer
  readonly seconds: number
  /** Not changed since they were seeded. */
  readonly orders: Orders
}

/** What one work of one subject takes. */
export async function sampleOf(measurement: Measurement): Promise<Sample> {
  const { round, work, subject, process, server, seconds, orders } = measurement
  const before = { server: usageOf(process.pid), postgres: usageOf(server.pid) }
  const result = await apply(measurement, orders, seconds)
  const after = { server: usageOf(process.pid), postgres: usageOf(server.pid) }
  return {
    round,
    work,
    subject: subject.name,
    requestsPerSecond: result.requests / (result.durationUs / 1e6),
    p50Ms: result.p50Us / 1000,
    p95Ms: result.p95Us / 1000,
    p99Ms: result.p99Us / 1000,
    failures: result.refused + result.broken,
    serverCpuUs: (after.server.cpuUs - before.server.cpuUs) / result.requests,
    postgresCpuUs: (after.postgres.cpuUs - before.postgres.cpuUs) / result.requests,
    residentBytes: after.server.residentBytes,
  }
}

/** @param orders Not changed since they were seeded. */
export function apply({ work, subject, process, connections }: Load, [first, last]: Orders, seconds: number) {
  return applyLoad({
    url: process.url,
    script: ["works.lua", subject.language ?? subject.name, work, String(first), String(last)],
    seconds,
    ...(connections === undefined ? {} : { connections }),
    environment: subject.token === undefined ? {} : { BENCH_TOKEN: subject.token },
  })
}
