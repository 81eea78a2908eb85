/** The five works and what the product must reach of the limit's throughput: first, and as a goal. */
export const works = [
  { name: "W1", title: "one order by id", first: 0.4, goal: 0.8 },
  { name: "W2", title: "20 orders by status with customer and lines", first: 0.75, goal: 1.0 },
  { name: "W3", title: "create an order with 3 lines", first: 0.6, goal: 0.9 },
  { name: "W4", title: "update with an expected version", first: 0.55, goal: 0.85 },
  { name: "W5", title: "count and sum by status", first: 0.7, goal: 0.9 },
] as const

export type WorkName = (typeof works)[number]["name"]

/** Of the works those that leave the data other than they found it. */
const writing: ReadonlySet<WorkName> = new Set(["W3", "W4"])

/** Reads first: whoever writes faster would otherwise be read with more that was written. */
export const readsFirst = (names: readonly WorkName[]): readonly WorkName[] =>
  names.toSorted((a, b) => Number(writing.has(a)) - Number(writing.has(b)))
