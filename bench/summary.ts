/**
 * From samples to the tables that people read.
 *
 * @module
 */

import type { Sample } from "./rounds.ts"
import { median } from "./statistics.ts"
import { type WorkName, works } from "./works.ts"

/** The medians of one work of one subject, and its share of the baseline's. */
export interface Row {
  readonly work: WorkName
  readonly subject: string
  readonly requestsPerSecond: number
  /** Median over the rounds of this subject's throughput divided by the baseline's in the same round. */
  readonly ratio: number | null
  /** The same for the CPU time of server and PostgreSQL together: the baseline's divided by this subject's. */
  readonly cpuRatio: number | null
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failures: number
  readonly serverCpuUs: number
  readonly postgresCpuUs: number
  readonly residentMb: number
}

export function summarise(samples: readonly Sample[]): Row[] {
  const rows: Row[] = []
  for (const { name: work } of works) {
    const ofWork = samples.filter((sample) => sample.work === work)
    for (const subject of new Set(ofWork.map((sample) => sample.subject))) {
      const own = ofWork.filter((sample) => sample.subject === subject)
      const pairs = own.flatMap((sample) => {
        const limit = ofWork.find((other) => other.subject === "baseline" && other.round === sample.round)
        return limit ? [{ sample, limit }] : []
      })
      const of = (value: (sample: Sample) => number): number => median(own.map(value))
      rows.push({
        work,
        subject,
        requestsPerSecond: of((sample) => sample.requestsPerSecond),
        ratio:
          pairs.length > 0
            ? median(pairs.map(({ sample, limit }) => sample.requestsPerSecond / limit.requestsPerSecond))
            : null,
        cpuRatio: pairs.length > 0 ? median(pairs.map(({ sample, limit }) => cpuUs(limit) / cpuUs(sample))) : null,
        p50Ms: of((sample) => sample.p50Ms),
        p99Ms: of((sample) => sample.p99Ms),
        failures: own.reduce((sum, sample) => sum + sample.failures, 0),
        serverCpuUs: of((sample) => sample.serverCpuUs),
        postgresCpuUs: of((sample) => sample.postgresCpuUs),
        residentMb: of((sample) => sample.residentBytes / 2 ** 20),
      })
    }
  }
  return rows
}

const cpuUs = (sample: Sample): number => sample.serverCpuUs + sample.postgresCpuUs

export function measurementsTable(rows: readonly Row[]): string {
  return table(
    [
      "work",
      "subject",
      "req/s",
      "ratio",
      "CPU ratio",
      "p50 ms",
      "p99 ms",
      "non-2xx",
      "server CPU µs",
      "PostgreSQL CPU µs",
      "RSS MB",
    ],
    rows.map((row) => [
      row.work,
      row.subject,
      row.requestsPerSecond.toFixed(0),
      share(row.ratio),
      share(row.cpuRatio),
      row.p50Ms.toFixed(1),
      row.p99Ms.toFixed(1),
      String(row.failures),
      row.serverCpuUs.toFixed(0),
      row.postgresCpuUs.toFixed(0),
      row.residentMb.toFixed(0),
    ]),
  )
}

export interface Verdict {
  readonly work: WorkName
  readonly title: string
  readonly ratio: number
  readonly cpuRatio: number
  readonly first: number
  readonly goal: number
}

/** How far our own limit reaches the reference's, both in the same rounds; null when the reference was not measured. */
export function parityTable(rows: readonly Row[]): string | null {
  const ofReference = rows.filter((row) => row.subject === "reference" && row.ratio !== null)
  if (ofReference.length === 0) return null
  return table(
    ["work", "baseline / reference", "CPU ratio", "within 10 %"],
    ofReference.map(({ work, ratio, cpuRatio }) => {
      const [reached, reachedByCpu] = [1 / (ratio ?? Number.NaN), 1 / (cpuRatio ?? Number.NaN)]
      return [work, share(reached), share(reachedByCpu), reached >= 0.9 ? "pass" : "**fail**"]
    }),
  )
}

/** The product's ratios beside their budgets; empty when the product was not measured against the baseline. */
export function judge(rows: readonly Row[]): Verdict[] {
  return works.flatMap(({ name, title, first, goal }) => {
    const row = rows.find((candidate) => candidate.work === name && candidate.subject === "product")
    if (row?.ratio == null || row.cpuRatio === null) return []
    return [{ work: name, title, ratio: row.ratio, cpuRatio: row.cpuRatio, first, goal }]
  })
}

export function verdictsTable(verdicts: readonly Verdict[]): string {
  return table(
    ["work", "", "product / baseline", "CPU ratio", "first", "", "goal", ""],
    verdicts.map(({ work, title, ratio, cpuRatio, first, goal }) => [
      work,
      title,
      share(ratio),
      share(cpuRatio),
      share(first),
      ratio >= first ? "pass" : "**fail**",
      share(goal),
      ratio >= goal ? "pass" : "not yet",
    ]),
  )
}

const share = (value: number | null): string => (value === null ? "–" : value.toFixed(2))

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")
}
