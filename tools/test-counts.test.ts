import { expect, test } from "vitest"
import { addCounts, countVitestReport, summaryLine } from "./test-counts.ts"

function report(...files: { status: string; tests: string[] }[]): string {
  return JSON.stringify({
    testResults: files.map((file, index) => ({
      name: `/repository/${index}.test.ts`,
      status: file.status,
      assertionResults: file.tests.map((status, number) => ({ status, fullName: `test ${number}` })),
    })),
  })
}

test("passed, failed and skipped tests are counted, and skipped ones named", () => {
  const json = report(
    { status: "passed", tests: ["passed", "skipped"] },
    { status: "failed", tests: ["failed", "passed"] },
  )
  expect(countVitestReport(json, 1, "/repository/")).toEqual({
    passed: 2,
    failed: 1,
    skipped: ["0.test.ts: test 1"],
  })
})

test("a file that cannot be loaded counts as one failure", () => {
  const json = report({ status: "failed", tests: [] }, { status: "passed", tests: ["passed"] })
  expect(countVitestReport(json, 1)).toMatchObject({ passed: 1, failed: 1 })
})

test("an error exit with only passed tests counts as one failure", () => {
  const json = report({ status: "passed", tests: ["passed"] })
  expect(countVitestReport(json, 1)).toMatchObject({ passed: 1, failed: 1 })
  expect(countVitestReport(json, null)).toMatchObject({ passed: 1, failed: 1 })
})

test("a run that ended without a report counts as one failure", () => {
  expect(countVitestReport(undefined, 0)).toMatchObject({ passed: 0, failed: 1 })
})

test("the last line adds all steps", () => {
  const sum = addCounts({ passed: 4, failed: 1, skipped: ["a"] }, { passed: 2, failed: 0, skipped: ["b"] })
  expect(sum.skipped).toEqual(["a", "b"])
  expect(summaryLine(sum)).toBe("6 passed, 1 failed")
})
