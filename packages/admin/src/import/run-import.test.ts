import { expect, test } from "vitest"
import { beginningOf, type ImportAnswer, type ImportBody, type Outcome, planOf, runImport } from "./run-import.ts"
import type { Table } from "./table.ts"

const rowsOf = (n: number): readonly (readonly string[])[] =>
  Array.from({ length: n }, (_, i) => [`k${i}`, "x", `v${i}`])
const table = (rows: Table["rows"]): Table => ({ name: "t.csv", headers: ["Key", "", "Value"], rows })
const mapping = ["code", undefined, "name"]
/** Refuses the last row of each portion, at its second column. */
const answer = ({ rows }: ImportBody): ImportAnswer => ({
  created: rows.length - 1,
  updated: 0,
  failed: 1,
  errors: [{ row: rows.length + 1, column: "2", code: "value.format", detail: "" }],
})

test("a table is sent in portions of the columns that are filled; errors count as the file does", async () => {
  const plan = planOf(table(rowsOf(600)), mapping, undefined)
  const sent: ImportBody[] = []
  const seen: number[] = []
  const outcome = await runImport(plan, {
    dryRun: true,
    ask: async (body) => {
      sent.push(body)
      return answer(body)
    },
    onProgress: ({ done }) => void seen.push(done),
    isStopped: () => false,
  })
  expect(sent.map(({ rows }) => rows.length)).toEqual([250, 250, 100])
  expect(sent[0]).toMatchObject({ columns: ["0", "2"], mapping: { 0: "code", 2: "name" }, dryRun: true })
  expect(sent[0]?.rows[0]).toEqual(["k0", "v0"])
  expect(seen).toEqual([0, 250, 500])
  expect(outcome).toMatchObject({ created: 597, failed: 3, done: 600 })
  expect(outcome.errors.map(({ row, column }) => [row, column])).toEqual([
    [251, 2],
    [501, 2],
    [601, 2],
  ])
})

test("a row whose key an earlier one has is refused, in whichever portion that was; longer rows stay longer", () => {
  const rows = [...rowsOf(300), ["k0", "x", "again"], ["k300", "x", "v", "too", "much"]]
  const plan = planOf(table(rows), mapping, "code")
  expect(plan.repeated).toEqual([{ row: 302, column: 0, code: "key.repeated", detail: "" }])
  expect(plan.portions.map(({ numbers }) => numbers.at(-1))).toEqual([251, 303])
  expect(plan.portions[1]?.rows.at(-1)).toEqual(["k300", "v", "too", "much"])
  expect(beginningOf(plan)).toMatchObject({ failed: 1, done: 1 })
})

test("large cells make small portions", () => {
  const large = "x".repeat(400_000)
  const plan = planOf(table([1, 2, 3].map((n) => [String(n), "", large])), mapping, undefined)
  expect(plan.portions.map(({ rows }) => rows.length)).toEqual([2, 1])
})

test("a run that fails or is stopped keeps what was done, and goes on where it was", async () => {
  const plan = planOf(table(rowsOf(600)), mapping, undefined)
  let asked = 0
  const fails = async (body: ImportBody): Promise<ImportAnswer> => {
    if (++asked === 2) throw new Error("away")
    return answer(body)
  }
  const run = (from: Outcome | undefined, isStopped = () => false) =>
    runImport(plan, { dryRun: false, ...(from ? { from } : {}), ask: fails, onProgress: () => {}, isStopped })
  const broken = await run(undefined)
  expect(broken).toMatchObject({ done: 250, portions: 1, problem: expect.any(Error) })
  const stopped = await run(broken, () => asked > 2)
  expect(stopped).toMatchObject({ done: 500, portions: 2 })
  expect(stopped.problem).toBeUndefined()
  expect(await run(stopped)).toMatchObject({ done: 600, portions: 3, created: 597, failed: 3 })
})
