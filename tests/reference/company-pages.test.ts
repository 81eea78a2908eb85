import { readFileSync } from "node:fs"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { jsonLimits, queryLimits } from "@archipel/core"
import { defaultLimits } from "../../packages/server/src/http/limits.ts"
import { openCompany, type OpenCompany, seeded, users } from "../support/company.ts"
import { exampleRunner, examplesOf } from "./http-examples.ts"
import { blocksOf } from "./markdown-blocks.ts"

const textOf = (page: string): string => readFileSync(new URL(`../../docs/reference/${page}`, import.meta.url), "utf8")

/** What pages call records that were there before. */
const names = {
  order: seeded.orders[1],
  mine: seeded.orders[2],
  alpenblick: seeded.customers[0],
  bakery: seeded.customers[1],
  cafe: seeded.customers[2],
  depot: seeded.customers[3],
  customer: seeded.customers[0],
  product: seeded.products[0],
  shipper: seeded.shippers[0],
  employee: seeded.employees[0],
  /** Alice's. */
  foreign: seeded.orders[0],
  martin: users.martin,
} as Record<string, string>

describe.for(["queries.md", "changes.md", "interfaces.md", "errors.md", "configuration.md"])("%s", (page) => {
  const examples = examplesOf(blocksOf(textOf(page)))
  let company: OpenCompany
  let run: ReturnType<typeof exampleRunner>
  beforeAll(async () => {
    company = await openCompany()
    for (const order of [seeded.orders[1], seeded.orders[7]]) {
      const { status, text } = await company.ask(`/api/sales/orders/${order}/$confirm`, { method: "POST" })
      if (status !== 200) throw new Error(text)
    }
    run = exampleRunner(company.ask, { ...names })
  })
  afterAll(() => company?.[Symbol.asyncDispose]())

  test.each(examples)("$title", (example) => run(example))
})

test("the limits of queries are told as they are", () => {
  const told = new Set(
    [...textOf("queries.md").matchAll(/^\| [^|`]+(?:`[a-z]+`[^|`]*)? \| ([\d,]+) \|$/gm)].map(([, number = ""]) =>
      Number(number.replaceAll(",", "")),
    ),
  )
  const { urlBytes, bodyBytes, requestMs } = defaultLimits
  const real = [...Object.values(queryLimits), jsonLimits.depth, urlBytes, bodyBytes, requestMs / 1_000]
  expect([...told].sort()).toEqual([...new Set(real)].sort())
})
