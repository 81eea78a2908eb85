/** Counting checks and tests for the last line of `npm test`. */

export interface Counts {
  readonly passed: number
  readonly failed: number
  /** Names of the tests that were skipped. */
  readonly skipped: readonly string[]
}

/** The part of vitest's JSON report that is read here. */
interface VitestReport {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

/**
 * The tests of one vitest run. What vitest does not report as a test still counts as one failure: a file that
 * cannot be loaded, a hook or a stray rejection that made vitest exit with an error, a run that ended without a report.
 */
export function countVitestReport(json: string | undefined, exitStatus: number | null, root = ""): Counts {
  if (json === undefined) return { passed: 0, failed: 1, skipped: [] }
  const report = JSON.parse(json) as VitestReport
  let passed = 0
  let failed = 0
  const skipped: string[] = []
  for (const file of report.testResults) {
    const name = file.name.startsWith(root) ? file.name.slice(root.length) : file.name
    let failedHere = 0
    for (const test of file.assertionResults) {
      if (test.status === "passed") passed++
      else if (test.status === "failed") failedHere++
      else skipped.push(`${name}: ${test.fullName}`)
    }
    failed += file.status === "failed" && failedHere === 0 ? 1 : failedHere
  }
  return { passed, failed: failed === 0 && exitStatus !== 0 ? 1 : failed, skipped }
}

export function addCounts(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: [...one.skipped, ...other.skipped],
  }
}

export function summaryLine(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed`
}
