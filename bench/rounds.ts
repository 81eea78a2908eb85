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

/** Long enough for the code to be compiled: a server is warm for most of its life, and the more code the longer it takes. */
const warmSeconds = 5

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
      samples.push(await measure(round, work, subject, process, server, options.seconds))
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
  seconds: number,
): Promise<Sample> {
  const environment: Record<string, string> = subject.token === undefined ? {} : { BENCH_TOKEN: subject.token }
  const load = (phase: "warm" | "measure", duration: number) =>
    applyLoad({
      url: process.url,
      script: ["works.lua", subject.language ?? subject.name, work, phase],
      seconds: duration,
      environment,
    })
  const warm = await load("warm", warmSeconds)
  const before = { server: usageOf(process.pid), postgres: usageOf(server.pid) }
  const result = await load("measure", seconds)
  const after = { server: usageOf(process.pid), postgres: usageOf(server.pid) }
  return {
    round,
    work,
    subject: subject.name,
    requestsPerSecond: result.requests / (result.durationUs / 1e6),
    p50Ms: result.p50Us / 1000,
    p95Ms: result.p95Us / 1000,
    p99Ms: result.p99Us / 1000,
    failures: warm.refused + warm.broken + result.refused + result.broken,
    serverCpuUs: (after.server.cpuUs - before.server.cpuUs) / result.requests,
    postgresCpuUs: (after.postgres.cpuUs - before.postgres.cpuUs) / result.requests,
    residentBytes: after.server.residentBytes,
  }
}
