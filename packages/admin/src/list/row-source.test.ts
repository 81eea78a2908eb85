import fc from "fast-check"
import { expect, test } from "vitest"
import type { CollectionQuery, Page, RecordData } from "../api/records.ts"
import type { SortKey } from "./interpolate.ts"
import { PAGE, type RowQuery, RowSource } from "./row-source.ts"

type Json = Readonly<Record<string, unknown>>

/** A service with rows in order, that answers as services do: pages after and before cursors, and conditions on `n`. */
function service(values: readonly (number | null)[]) {
  const rows: readonly RecordData[] = values.map((n, i) => ({ id: String(i).padStart(8, "0"), n }))
  const holds = (where: Json | undefined, { n }: RecordData): boolean =>
    Object.entries(where ?? {}).every(([name, value]) => {
      if (name === "and") return (value as readonly Json[]).every((each) => holds(each, { id: "", n }))
      if (name === "or") return (value as readonly Json[]).some((each) => holds(each, { id: "", n }))
      if (name === "not") return !holds(value as Json, { id: "", n })
      return Object.entries(value as Json).every(([operator, against]) => {
        if (operator === "isSet") return (n !== null) === against
        if (typeof n !== "number") return false
        const other = Number(against)
        return operator === "lt"
          ? n < other
          : operator === "gt"
            ? n > other
            : operator === "gte"
              ? n >= other
              : n <= other
      })
    })
  const asked: CollectionQuery[] = []
  const ask = async (query: CollectionQuery): Promise<Page> => {
    asked.push(query)
    const all = rows.filter((row) => holds(query.where as Json | undefined, row))
    const limit = query.limit ?? 100
    const at = (cursor: string): number => all.findIndex(({ id }) => id === cursor)
    let from = query.after === undefined ? 0 : at(query.after) + 1
    if (query.before !== undefined) from = Math.max(0, at(query.before) - limit)
    if (query.last) from = Math.max(0, all.length - limit)
    const to = query.before === undefined ? Math.min(all.length, from + limit) : at(query.before)
    const data = all.slice(from, to)
    return {
      data,
      next: to < all.length ? (data.at(-1)?.id ?? null) : null,
      previous: from > 0 ? (data[0]?.id ?? null) : null,
      count: query.count === undefined ? undefined : all.length,
      partial: [],
    }
  }
  return { rows, ask, asked }
}

const query: RowQuery = { select: ["n"], where: undefined, search: undefined, orderBy: ["n"], archived: undefined }
const key = (isDescending: boolean): SortKey => ({
  path: "n",
  scale: "number",
  isDescending,
  valueOf: (row) => (typeof row?.["n"] === "number" ? String(row["n"]) : undefined),
})

/** What is in view once nothing more comes. */
async function settle(source: RowSource, from: number, to: number): Promise<void> {
  for (let i = 0; i < 60; i++) {
    source.need(from, to)
    await new Promise((resolve) => setTimeout(resolve))
    if (Array.from({ length: to - from }, (_, k) => source.row(from + k)).every(Boolean)) return
  }
}

test("the last rows are one request away, however many are before them", async () => {
  const { ask, asked, rows } = service(Array.from({ length: 5_000 }, (_, i) => i))
  const source = new RowSource({ query, sortKey: undefined, ask })
  await settle(source, 0, 20)
  source.needEnd()
  await settle(source, 4_980, 5_000)
  expect(source.row(4_999)).toEqual(rows[4_999])
  expect(asked.length).toBe(2)
})

test("going on row by row gives every row at its place, and the number of them in the end", async () => {
  const { ask, rows } = service(Array.from({ length: 3 * PAGE + 7 }, (_, i) => i))
  const source = new RowSource({ query, sortKey: undefined, ask })
  for (let from = 0; from < rows.length; from += 30) await settle(source, from, Math.min(rows.length, from + 30))
  expect(rows.map((_, i) => source.row(i))).toEqual(rows)
  expect(source.state).toMatchObject({ total: rows.length, isExact: true })
})

test("a jump anywhere shows the rows of that place, also among equal and empty values", async () => {
  const values = fc.array(fc.option(fc.integer({ min: -50, max: 50_000 }), { nil: null }), {
    minLength: 1_500,
    maxLength: 2_500,
  })
  await fc.assert(
    fc.asyncProperty(
      values,
      fc.boolean(),
      fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 4 }),
      async (given, isDescending, shares) => {
        const rank = (n: number | null): number => (n === null ? Number.POSITIVE_INFINITY : n)
        const sorted = given.toSorted((a, b) => (isDescending ? rank(b) - rank(a) : rank(a) - rank(b)) || 0)
        const { ask, rows } = service(sorted)
        const source = new RowSource({ query, sortKey: key(isDescending), ask })
        await settle(source, 0, 10)
        for (const share of shares) {
          const at = Math.floor(share * (rows.length - 10))
          await settle(source, at, at + 10)
          for (let i = at; i < at + 10; i++) {
            const row = source.row(i)
            if (row !== undefined) expect(row).toEqual(rows[i])
          }
        }
      },
    ),
    { numRuns: 15 },
  )
})

test("rows that are asked for in vain are an error, and asked for again", async () => {
  const { ask } = service(Array.from({ length: 300 }, (_, i) => i))
  let fails = true
  const source = new RowSource({
    query,
    sortKey: undefined,
    ask: (asked) => (fails ? Promise.reject(new Error("away")) : ask(asked)),
  })
  await settle(source, 0, 10)
  expect(source.state.error).toEqual(new Error("away"))
  fails = false
  source.retry()
  await settle(source, 0, 10)
  expect(source.row(5)).toBeDefined()
  expect(source.state.error).toBeUndefined()
})

test("after rows went, positions are counted anew from the first row", async () => {
  const { ask, rows } = service(Array.from({ length: 250 }, (_, i) => i))
  const gone = new Set(["00000003"])
  let isGone = false
  const source = new RowSource({
    query,
    sortKey: undefined,
    async ask(asked, signal) {
      const page = await ask({ ...asked, limit: (asked.limit ?? 100) + 1 })
      signal.throwIfAborted()
      const data = page.data.filter(({ id }) => !isGone || !gone.has(id)).slice(0, asked.limit)
      return { ...page, data, next: data.at(-1)?.id === rows.at(-1)?.id ? null : (data.at(-1)?.id ?? null) }
    },
  })
  await settle(source, 0, 150)
  isGone = true
  await source.refresh()
  await settle(source, 0, 150)
  expect(Array.from({ length: 150 }, (_, i) => source.row(i)?.id)).toEqual(
    rows
      .filter(({ id }) => !gone.has(id))
      .slice(0, 150)
      .map(({ id }) => id),
  )
})

test("a source that was closed tells nothing more", async () => {
  let signal: AbortSignal | undefined
  const source = new RowSource({
    query,
    sortKey: undefined,
    ask: (_query, given) => {
      signal = given
      return new Promise(() => {})
    },
  })
  source.close()
  expect(signal?.aborted).toBe(true)
  expect(source.state.total).toBeUndefined()
})
