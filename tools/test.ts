/**
 * `npm test`: types, lint, format, unused code, then every test; the last line counts them all.
 *
 * Options: `--full` uses the full counts (`npm run verify`); `--only FILTER [vitest options]` runs just the tests of
 * matching files. Environment: `ARCHIPEL_SEED` repeats a run's random choices, `REQUIRE_ALL=1` turns skips into failures.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"
import { readSeed } from "../tests/support/counts.ts"
import { waitingFiles } from "./turns.ts"
import { addCounts, type Counts, countVitestReport, summaryLine } from "./test-counts.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const args = process.argv.slice(2)
const full = args.includes("--full")
const onlyAt = args.indexOf("--only")
const only = onlyAt < 0 ? undefined : args.slice(onlyAt + 1).filter((arg) => arg !== "--full")
const seed = readSeed(process.env["ARCHIPEL_SEED"])

const waiting = waitingFiles(seed, full || only !== undefined)

const environment = {
  ...process.env,
  PATH: join(root, "node_modules", ".bin") + delimiter + (process.env["PATH"] ?? ""),
  ARCHIPEL_SEED: String(seed),
  // Empty is no list of nothing for `split`.
  ...(waiting.length === 0 ? {} : { ARCHIPEL_WAITING: waiting.join() }),
  // Tests start hundreds of programs, which then compile what they have in common once.
  NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compiled"),
  ...(full ? { FULL: "1" } : {}),
}

console.log(`seed ${seed} (repeat with ARCHIPEL_SEED=${seed} ${full ? "npm run verify" : "npm test"})`)

let counts: Counts = { passed: 0, failed: 0, skipped: [] }
// Tests of the gateway and in browsers are of the admin as its sources are now.
const admin = spawnSync(process.execPath, [join(root, "tools", "ensure-admin.mjs")], { cwd: root, stdio: "inherit" })
if (admin.status !== 0) process.exit(1)
if (only === undefined) {
  counts = addCounts(counts, check("types", "typescript/bin/tsc", ["-p", "."]))
  counts = addCounts(counts, check("types of the admin", "typescript/bin/tsc", ["-p", "packages/admin"]))
  counts = addCounts(counts, check("lint", "oxlint/bin/oxlint", []))
  counts = addCounts(counts, check("format", "@biomejs/biome/bin/biome", ["format", "--reporter=summary"]))
  counts = addCounts(counts, check("unused", "knip/bin/knip.js", ["--no-progress", "--no-config-hints"]))
}
counts = addCounts(counts, runTests(only ?? []))

for (const file of waiting) console.log(`has no turn with this seed: ${file}`)
for (const title of counts.skipped) console.log(`skipped: ${title}`)
console.log(summaryLine(counts))
process.exit(counts.failed === 0 ? 0 : 1)

/** One static check: silent when it passes, its whole output when it fails. */
function check(name: string, script: string, options: readonly string[]): Counts {
  const started = performance.now()
  const run = spawnSync(process.execPath, [join(root, "node_modules", script), ...options], {
    cwd: root,
    env: environment,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    timeout: 5 * 60_000,
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (run.status === 0) {
    console.log(`ok     ${name} (${seconds} s)`)
    return { passed: 1, failed: 0, skipped: [] }
  }
  console.log(`FAILED ${name} (${seconds} s)`)
  console.log(`${run.stdout}${run.stderr}${run.error?.message ?? ""}`.trim())
  return { passed: 0, failed: 1, skipped: [] }
}

function runTests(filters: readonly string[]): Counts {
  const folder = mkdtempSync(join(tmpdir(), "archipel-test-"))
  const report = join(folder, "report.json")
  try {
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`]
    const run = spawnSync(process.execPath, [vitest, "run", ...reporters, ...filters], {
      cwd: root,
      env: environment,
      stdio: "inherit",
    })
    const written = readdirSync(folder).length > 0
    return countVitestReport(written ? readFileSync(report, "utf8") : undefined, run.status, root)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
