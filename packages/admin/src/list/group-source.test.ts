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
function grouped(size: number) {
  const asked: { readonly aggregates: object; readonly answer: (rows: readonly object[]) => Promise<void> }[] = []
  const source = new GroupSource({
    query: { select: ["id"], where: undefined, search: undefined, orderBy: [], archived: undefined },
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

test("groups of very many records are shown with their counts before their sums, and keep them while they are read again", async () => {
  const { asked, shown, source } = grouped(1_000_000)
  await asked[0]?.answer([{ status: "draft", count: 2 }])
  expect(asked.map(({ aggregates }) => aggregates)).toEqual([{ count: "count" }, { sum0: "sum(total)" }])
  expect(shown()).toEqual([["draft", 2, undefined]])
  await asked[1]?.answer([{ status: "draft", sum0: "20.00" }])
  expect(shown()).toEqual([["draft", 2, "20.00"]])
  void source.refresh()
  await asked[2]?.answer([{ status: "draft", count: 3 }])
  expect(shown()).toEqual([["draft", 3, "20.00"]])
  await asked[3]?.answer([{ status: "draft", sum0: "25.00" }])
  expect(shown()).toEqual([["draft", 3, "25.00"]])
})
