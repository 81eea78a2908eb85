import { readFileSync } from "node:fs"
import { compareDecimals, type Decimal, minus, plus, round, sum, times } from "@archipel/core"
import { expect } from "vitest"
import { float4ToDecimal } from "../../examples/company/northwind/float4.ts"
import { readDump } from "../../examples/company/northwind/sql-dump.ts"
import { optionalPath } from "../support/optional.ts"

const northwind = optionalPath("NORTHWIND_SQL")

northwind.test("the dump has the figures that the loaded services must show", (path) => {
  const dump = readDump(readFileSync(path, "utf8"))
  const rows = (table: string) => dump.get(table) ?? []
  const counts = ["customers", "orders", "order_details", "products", "employees"].map((table) => rows(table).length)
  expect(dump.size).toBe(14)
  expect(counts).toEqual([91, 830, 2155, 77, 9])
  expect(rows("orders").filter((row) => row["shipped_date"] !== null)).toHaveLength(809)
  expect(rows("employees").filter((row) => row["reports_to"] !== null)).toHaveLength(8)

  const totals = new Map<string, Decimal>()
  const customerOf = new Map(rows("orders").map((row) => [row["order_id"], String(row["customer_id"])]))
  for (const row of rows("order_details")) {
    const [price, quantity, discount] = ["unit_price", "quantity", "discount"].map((name) =>
      float4ToDecimal(row[name] ?? ""),
    ) as [Decimal, Decimal, Decimal]
    const customer = customerOf.get(row["order_id"] ?? "") ?? ""
    totals.set(customer, plus(totals.get(customer) ?? "0", round(times(price, quantity, minus(1, discount)), 2)))
  }
  expect(sum(totals.values())).toBe("1265793.29")
  expect([...totals].toSorted((a, b) => compareDecimals(b[1], a[1]))[0]).toEqual(["QUICK", "110277.32"])
})
