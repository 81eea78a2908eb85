/**
 * Measures the product against the limit of the same machine in the same minutes. See README.md.
 *
 * @module
 */

import { mkdir, writeFile } from "node:fs/promises"
import { availableParallelism, cpus, loadavg, totalmem } from "node:os"
import { join } from "node:path"
import { benchAdmin } from "./admin/run.ts"
import { benchApart } from "./apart/run.ts"
import { baseline } from "./baseline-subject.ts"
import { benchCpu } from "./cpu.ts"
import { startDatabaseServer } from "./database-server.ts"
import { growthTable, measureGrowth } from "./growth.ts"
import { hasWrk } from "./load.ts"
import { benchMigrate } from "./migrate.ts"
import { type BenchOptions, readOptions, usage } from "./options.ts"
import { product } from "./product-subject.ts"
import { reference } from "./reference-subject.ts"
import { measureRevocation, REFUSED_WITHIN_MS, revocationTable } from "./revocation.ts"
import { measureRound, prepareSubject, type Sample } from "./rounds.ts"
import { measureRules, rulesTable, rulesWithin } from "./rules.ts"
import type { Subject } from "./subject.ts"
import { judge, measurementsTable, parityTable, summarise, verdictsTable } from "./summary.ts"

/** Above this share of its cores, a machine does something else besides the benchmark. */
const busyShare = 0.25

/** Of each kind, in each process. */
const REVOCATIONS = 30

const options = readOptions(process.argv.slice(2))
if (options === "help") console.log(usage)
else
  process.exitCode = await (options.migrate !== null
    ? benchMigrate
    : options.apart
      ? benchApart
      : options.admin
        ? benchAdmin
        : options.cpu
          ? benchCpu
          : bench)(options, note)

async function bench(options: BenchOptions, note: (line: string) => void): Promise<number> {
  const subjects = chooseSubjects(options.subjects)
  if (!(await hasWrk())) {
    console.error("wrk is missing, which makes the load: apt-get install wrk")
    return 1
  }
  const load = loadavg()[0] ?? 0
  if (load > availableParallelism() * busyShare) {
    console.log(
      `Warning: load ${load.toFixed(2)} on ${availableParallelism()} cores. Trust the CPU columns more than req/s.`,
    )
  }

  await using server = await startDatabaseServer(note)
  for (const subject of subjects) {
    note(`seeding and checking ${subject.name}`)
    await prepareSubject(subject, server, options.works)
  }
  const samples: Sample[] = []
  for (let round = 1; round <= options.rounds; round++) {
    note(`round ${round} of ${options.rounds}`)
    samples.push(...(await measureRound(round, subjects, server, options)))
  }
  const growth = subjects.includes(product) ? await measureGrowth(options.rows, options.seconds, server) : []

  const revocation = subjects.includes(product) ? await measureRevocation(REVOCATIONS, server) : []

  const rules = options.rules && subjects.includes(product) ? await measureRules(options, server) : []

  const rows = summarise(samples)
  const verdicts = judge(rows)
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadBefore: load,
    node: process.version,
    postgres: server.version,
  }
  console.log(
    `\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, PostgreSQL ${machine.postgres}; ` +
      `medians of ${options.rounds} rounds of ${options.seconds} s, after ${options.warmSeconds} s of the same\n`,
  )
  console.log(measurementsTable(rows))
  const parity = parityTable(rows)
  if (parity !== null) console.log(`\n${parity}`)
  if (verdicts.length > 0) console.log(`\n${verdictsTable(verdicts)}`)
  if (growth.length > 0)
    console.log(`\nA page of 20 orders of one status, newest first, anywhere in the list:\n\n${growthTable(growth)}`)

  if (revocation.length > 0) {
    const bound = REFUSED_WITHIN_MS.toLocaleString("en")
    console.log(`\nRefused after the change was sent (at most ${bound} ms):\n\n${revocationTable(revocation)}`)
  }

  if (rules.length > 0) console.log(`\nWhat rules cost, beside the same reads without any:\n\n${rulesTable(rules)}`)

  const results = join(import.meta.dirname, "results")
  await mkdir(results, { recursive: true })
  const record = { at: new Date().toISOString(), machine, options, rows, verdicts, growth, revocation, rules, samples }
  await writeFile(join(results, "latest.json"), `${JSON.stringify(record, null, 2)}\n`)

  const failures = [...rows, ...growth, ...rules].reduce((sum, row) => sum + row.failures, 0)
  if (failures > 0) {
    console.error(`\n${failures} requests failed: these figures measure something else than the works.`)
    return 1
  }
  const late = revocation.filter(({ worstMs, failures }) => failures > 0 || worstMs > REFUSED_WITHIN_MS)
  if (options.enforce && late.length > 0) {
    console.error(`\nRefused too late: ${late.map(({ what }) => what).join("; ")}`)
    return 1
  }
  if (options.enforce && !rulesWithin(rules)) {
    console.error("\nA rule costs more than it may.")
    return 1
  }
  const missed = verdicts.filter(({ ratio, first }) => ratio < first)
  if (options.enforce && missed.length > 0) {
    console.error(`\nBelow the first budget: ${missed.map(({ work }) => work).join(", ")}`)
    return 1
  }
  return 0
}

function chooseSubjects(names: readonly string[] | null): Subject[] {
  const directory = process.env["REFERENCE_BENCH"]
  const all = [baseline, product, ...(directory === undefined ? [] : [reference(directory)])]
  const unknown = names?.find((name) => !all.some((subject) => subject.name === name))
  if (unknown !== undefined) throw new RangeError(`there is no subject ${unknown} (reference needs REFERENCE_BENCH)`)
  return all.filter((subject) => names === null || names.includes(subject.name))
}

/** Progress goes to stderr, so that stdout is the report alone. */
function note(line: string): void {
  console.error(`· ${line}`)
}
