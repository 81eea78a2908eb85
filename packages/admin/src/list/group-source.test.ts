import type { WhereJson } from "@archipel/core"
import { expect, test } from "vitest"
import type { CollectionQuery, Page, RecordData } from "../api/records.ts"
import { GroupSource } from "./group-source.ts"

const page = (data: readonly RecordData[]): Page => ({
  data,
  next: null,
  previous: null,
  count: undefined,
  partial: [],
})

/** Groups by status of a list with so many records; each answer comes when it is released. */
function grouped(size: number, where?: WhereJson) {
  const asked: { readonly aggregates: object; readonly answer: (rows: readonly object[]) => Promise<void> }[] = []
  const source = new GroupSource({
    query: { select: ["id"], where, search: undefined, orderBy: [], archived: undefined },
    terms: ["status"],
    summed: ["total"],
    sortKey: undefined,
    open: new Set(),
    valuesOf: () => ["draft", "shipped"],
    size,
    ask: (query: CollectionQuery) =>
      new Promise((resolve) => {
        asked.push({
          aggregates: query.aggregates ?? {},
          async answer(rows) {
            resolve(page(rows as readonly RecordData[]))
            await new Promise((done) => setTimeout(done))
          },
        })
      }),
  })
  const shown = () =>
    Array.from({ length: source.length }, (_, i) => {
      const item = source.at(i)
      return item?.kind === "group" && [item.group.value, item.group.count, item.group.sums["total"]]
    })
  return { asked, shown, source }
}

test("groups of few records come with their sums", async () => {
  const { asked, shown } = grouped(5_000)
  expect(asked.map(({ aggregates }) => aggregates)).toEqual([{ count: "count", sum0: "sum(total)" }])
  await asked[0]?.answer([
    { status: "shipped", count: 3, sum0: "30.00" },
    { status: "draft", count: 2, sum0: "20.00" },
  ])
  expect(shown()).toEqual([
    ["draft", 2, "20.00"],
    ["shipped", 3, "30.00"],
  ])
  expect(asked).toHaveLength(1)
})

test("of very many records the groups that there can be are shown before they are counted; one that has none goes, one without a value comes", async () => {
  const { asked, shown, source } = grouped(1_000_000)
  expect(shown()).toEqual([
    ["draft", undefined, undefined],
    ["shipped", undefined, undefined],
  ])
  expect(asked.map(({ aggregates }) => aggregates)).toEqual([{ count: "count", sum0: "sum(total)" }])
  await asked[0]?.answer([
    { status: "shipped", count: 3, sum0: "30.00" },
    { status: null, count: 1, sum0: "1.00" },
  ])
  expect(shown()).toEqual([
    ["shipped", 3, "30.00"],
    [null, 1, "1.00"],
  ])
  void source.refresh()
  expect(shown()).toHaveLength(2)
  await asked[1]?.answer([{ status: "shipped", count: 4, sum0: "40.00" }])
  expect(shown()).toEqual([["shipped", 4, "40.00"]])
})

test("a group can be opened before it is counted, and its rows are asked for once", async () => {
  const { asked, shown, source } = grouped(1_000_000)
  source.toggle("/status=draft")
  expect(asked).toHaveLength(2)
  await asked[0]?.answer([{ status: "draft", count: 2, sum0: "20.00" }])
  expect(shown()[0]).toEqual(["draft", 2, "20.00"])
  expect(source.length).toBe(3)
  expect(asked).toHaveLength(2)
})

test("under a filter nobody knows which groups there are before they are counted", () => {
  const { shown } = grouped(1_000_000, { note: "x" })
  expect(shown()).toEqual([])
})
