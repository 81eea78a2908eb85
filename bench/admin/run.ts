/**
 * `npm run bench -- --admin`: the times of the admin's acceptance list, in Chromium, on the company with very many orders.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { mkdir, writeFile } from "node:fs/promises"
import { availableParallelism, cpus, loadavg } from "node:os"
import { join } from "node:path"
import { findProgram } from "../../tests/support/optional.ts"
import type { BenchOptions } from "../options.ts"
import type { Check } from "./check.ts"
import { startCompany } from "./company.ts"
import { entry } from "./entry.ts"
import { type Figure, figureText, figuresTable, isReached } from "./figures.ts"
import { filtering } from "./filter.ts"
import { lines } from "./lines.ts"
import { record } from "./record.ts"
import { registry } from "./registry.ts"
import { scrolling } from "./scroll.ts"
import { size } from "./size.ts"
import { start } from "./start.ts"
import { waiting } from "./waiting.ts"
import { writes } from "./writes.ts"

const checks: readonly Check[] = [size, start, registry, record, scrolling, filtering, lines, writes, entry, waiting]

/** @returns the exit status */
export async function benchAdmin(options: BenchOptions, note: (line: string) => void): Promise<number> {
  const executable = findProgram(["chromium", "chromium-browser", "google-chrome"])
  if (executable === undefined) {
    console.error("Chromium is missing: apt-get install chromium")
    return 1
  }
  const built = spawnSync(process.execPath, [join(import.meta.dirname, "../../tools/ensure-admin.mjs")])
  if (built.status !== 0) {
    console.error(String(built.stderr))
    return 1
  }
  const chosen = checks.filter(
    ({ numbers }) => options.checks === null || numbers.some((n) => options.checks?.includes(n)),
  )
  const sizes = options.rows.toSorted((a, b) => a - b)
  const loads = [loadavg()[0] ?? 0]
  await using company = await startCompany({ executable, data: options.data })
  const figures: Figure[] = []
  const failed: string[] = []
  for (const [i, rows] of sizes.entries()) {
    note(`${rows.toLocaleString("en")} orders`)
    await company.growTo(rows)
    for (const { numbers, ofEachSize, measure } of chosen) {
      if (!ofEachSize && i < sizes.length - 1) continue
      note(`check ${numbers.join(", ")}`)
      try {
        const measured = await measure({ company, times: options.rounds, rows })
        figures.push(...measured)
        for (const figure of measured) note(`  ${figureText(figure)}`)
      } catch (error) {
        // One that cannot be measured leaves the others to be looked at.
        failed.push(`check ${numbers.join(", ")} with ${rows} orders`)
        console.error(error)
      }
    }
    loads.push(loadavg()[0] ?? 0)
  }
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    load: loads,
    node: process.version,
    chromium: company.browser.version(),
  }
  console.log(
    `\n${machine.cpu}, ${machine.cores} cores, load ${loads.map((load) => load.toFixed(1)).join(", ")}; ` +
      `Node ${machine.node}, Chromium ${machine.chromium}; medians of ${options.rounds}\n\n${figuresTable(figures)}`,
  )
  const results = join(import.meta.dirname, "../results")
  await mkdir(results, { recursive: true })
  const at = new Date().toISOString()
  await writeFile(join(results, "admin.json"), `${JSON.stringify({ at, machine, options, figures }, null, 2)}\n`)
  if (failed.length > 0) {
    console.error(`\nNot measured: ${failed.join("; ")}`)
    return 1
  }
  const missed = figures.filter((figure) => !isReached(figure))
  if (options.enforce && missed.length > 0) {
    console.error(`\nMissed: ${missed.map(({ check, what }) => `${check} ${what}`).join("; ")}`)
    return 1
  }
  return 0
}
