/**
 * What a rule costs: the same reads of the same rows by servers that differ in nothing but who may read orders. The data is such that
 * every rule shows everything, so that all of them answer with the same bytes.
 *
 * @module
 */

import type { DatabaseServer } from "./database-server.ts"
import type { BenchOptions } from "./options.ts"
import { product } from "./product-subject.ts"
import { measure, type Sample } from "./rounds.ts"
import { median } from "./statistics.ts"
import { type RunningSubject, startSubject, type Subject } from "./subject.ts"
import { table } from "./summary.ts"
import type { WorkName } from "./works.ts"

export interface RuleRow {
  readonly work: WorkName
  readonly rules: string
  readonly requestsPerSecond: number
  /** Median over the rounds of the CPU time of server and PostgreSQL, divided by that without rules in the same round. */
  readonly cost: number
  /** The same for the time between two answers. */
  readonly timeCost: number
  readonly failures: number
}

const titles: Readonly<Record<string, string>> = {
  none: "no rule",
  column: "a column of the record",
  relation: "a relation's column",
  cells: "masked cells",
}

/** What a rule may cost, by CPU time. */
export const RULE_COST = 1.5
const works: readonly WorkName[] = ["W1", "W2"]
/** More than the main measurement needs: only the servers differ, not the data. */
const MAX_ROUNDS = 3

const withRules = (rules: string): Subject => ({
  ...product,
  name: `rules_${rules}`,
  language: "product",
  environment: (server, database) => ({ ...product.environment(server, database), BENCH_RULES: rules }),
})

export async function measureRules(options: BenchOptions, server: DatabaseServer): Promise<RuleRow[]> {
  const database = "product_rules"
  await server.create(database)
  await product.seed(server, database)
  await server.run(database, "vacuum (freeze, analyze)")
  await using resources = new AsyncDisposableStack()
  const running: { readonly rules: string; readonly subject: Subject; readonly process: RunningSubject }[] = []
  for (const rules of Object.keys(titles)) {
    const subject = withRules(rules)
    running.push({ rules, subject, process: resources.use(await startSubject(subject, server, database)) })
  }
  const samples: (Sample & { readonly rules: string })[] = []
  for (let round = 1; round <= Math.min(options.rounds, MAX_ROUNDS); round++) {
    for (const work of works) {
      const first = round % running.length
      for (const { rules, subject, process } of [...running.slice(first), ...running.slice(0, first)])
        samples.push({ ...(await measure(round, work, subject, process, server, options)), rules })
    }
  }
  return works.flatMap((work) => Object.keys(titles).map((rules) => rowOf(work, rules, samples)))
}

const cpuUs = ({ serverCpuUs, postgresCpuUs }: Sample): number => serverCpuUs + postgresCpuUs

function rowOf(work: WorkName, rules: string, samples: readonly (Sample & { readonly rules: string })[]): RuleRow {
  const of = (name: string) => samples.filter((sample) => sample.work === work && sample.rules === name)
  const own = of(rules)
  const free = new Map(of("none").map((sample) => [sample.round, sample]))
  const beside = (value: (sample: Sample, without: Sample) => number): number =>
    median(own.flatMap((sample) => (free.has(sample.round) ? [value(sample, free.get(sample.round) as Sample)] : [])))
  return {
    work,
    rules: titles[rules] as string,
    requestsPerSecond: median(own.map((sample) => sample.requestsPerSecond)),
    cost: beside((sample, without) => cpuUs(sample) / cpuUs(without)),
    timeCost: beside((sample, without) => without.requestsPerSecond / sample.requestsPerSecond),
    failures: own.reduce((sum, { failures }) => sum + failures, 0),
  }
}

/** Whether each rule costs at most what it may. */
export const rulesWithin = (rows: readonly RuleRow[]): boolean => rows.every(({ cost }) => cost <= RULE_COST)

export const rulesTable = (rows: readonly RuleRow[]): string =>
  table(
    ["work", "rule", "req/s", "CPU cost", "time cost", `CPU at most ${RULE_COST.toFixed(1)}`],
    rows.map(({ work, rules, requestsPerSecond, cost, timeCost }) => [
      work,
      rules,
      requestsPerSecond.toFixed(0),
      cost.toFixed(2),
      timeCost.toFixed(2),
      cost <= RULE_COST ? "pass" : "**fail**",
    ]),
  )
