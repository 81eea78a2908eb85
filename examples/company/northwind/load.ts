/**
 * `node --conditions=@archipel/source examples/company/northwind/load.ts [--data DIR]` fills the company's empty databases from
 * the dump that NORTHWIND_SQL names.
 *
 * @module
 */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { systemPrincipal } from "@archipel/core"
import { openServices } from "@archipel/server"
import { services } from "../services.ts"
import { loadNorthwind } from "./load-northwind.ts"

const { values } = parseArgs({ options: { data: { type: "string", default: ".data/northwind" } } })
const dump = process.env["NORTHWIND_SQL"]
if (dump === undefined || dump === "") {
  console.error("NORTHWIND_SQL is not set: it names the dump, for example NORTHWIND_SQL=northwind.sql")
  process.exit(2)
}
const text = readFileSync(dump, "utf8")
await using open = await openServices({ services, dataDirectory: values.data, env: process.env })
const began = performance.now()
const loaded = await loadNorthwind(open.as(systemPrincipal("loading the Northwind dump")), text)
const seconds = ((performance.now() - began) / 1_000).toFixed(1)
console.log(
  `Loaded in ${seconds} s: ${loaded.customers} customers, ${loaded.products} products, ${loaded.employees} employees, ` +
    `${loaded.orders} orders (${loaded.shipped} shipped) with ${loaded.lines} lines.`,
)
