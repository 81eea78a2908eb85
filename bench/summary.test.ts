import { expect, test } from "vitest"
import type { Sample } from "./rounds.ts"
import { judge, measurementsTable, parityTable, summarise } from "./summary.ts"

const sample = (part: Partial<Sample> & Pick<Sample, "subject" | "round" | "requestsPerSecond">): Sample => ({
  work: "W1",
  p50Ms: 1,
  p95Ms: 2,
  p99Ms: 3,
  failures: 0,
  serverCpuUs: 40,
  postgresCpuUs: 60,
  residentBytes: 100 * 2 ** 20,
  ...part,
})

test("a ratio compares subjects within a round before it takes the middle", () => {
  const rows = summarise([
    sample({ subject: "baseline", round: 1, requestsPerSecond: 1000 }),
    sample({ subject: "product", round: 1, requestsPerSecond: 500 }),
    // A machine ten times slower for a while changes the medians of each, not what one is to the other.
    sample({ subject: "baseline", round: 2, requestsPerSecond: 100 }),
    sample({ subject: "product", round: 2, requestsPerSecond: 50 }),
    sample({ subject: "baseline", round: 3, requestsPerSecond: 1000 }),
    sample({ subject: "product", round: 3, requestsPerSecond: 900 }),
  ])
  expect(rows.find((row) => row.subject === "product")).toMatchObject({ requestsPerSecond: 500, ratio: 0.5 })
  expect(rows.find((row) => row.subject === "baseline")).toMatchObject({ requestsPerSecond: 1000, ratio: 1 })
})

test("the CPU ratio counts server and PostgreSQL, and less is better", () => {
  const rows = summarise([
    sample({ subject: "baseline", round: 1, requestsPerSecond: 1000 }),
    sample({ subject: "product", round: 1, requestsPerSecond: 1000, serverCpuUs: 140, postgresCpuUs: 60 }),
  ])
  expect(rows.find((row) => row.subject === "product")?.cpuRatio).toBe(0.5)
})

test("failures add up over the rounds and are shown", () => {
  const rows = summarise([
    sample({ subject: "baseline", round: 1, requestsPerSecond: 1000, failures: 2 }),
    sample({ subject: "baseline", round: 2, requestsPerSecond: 1000, failures: 5 }),
  ])
  expect(rows[0]?.failures).toBe(7)
  expect(measurementsTable(rows)).toContain("| 7 |")
})

test("the product is judged for the works it was measured in", () => {
  const rows = summarise([
    sample({ subject: "baseline", round: 1, requestsPerSecond: 1000 }),
    sample({ subject: "product", round: 1, requestsPerSecond: 390 }),
  ])
  expect(judge(rows)).toEqual([expect.objectContaining({ work: "W1", ratio: 0.39, first: 0.4 })])
  expect(parityTable(rows)).toBeNull()
})

test("without a baseline there is nothing to judge", () => {
  expect(judge(summarise([sample({ subject: "product", round: 1, requestsPerSecond: 390 })]))).toEqual([])
})
