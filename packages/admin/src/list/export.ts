import { tellProblem } from "../app/toasts.tsx"
import { ProblemError, type ProblemDetails } from "../api/problem.ts"
import { partsOf } from "../metadata/model.ts"
import type { RowQuery } from "./row-source.ts"

/** Above it the query is sent as a body: an address may have 8,192 bytes. */
const MAX_ADDRESS = 7_000

function save(href: string, name: string): void {
  const link = document.createElement("a")
  link.href = href
  link.download = name
  link.click()
}

/** All records of a search as a file: those that match now, with the columns that are shown. */
export async function exportRecords(collection: string, query: RowQuery, format: "csv" | "ndjson"): Promise<void> {
  const { select, where, search, orderBy, archived } = query
  const parameters = new URLSearchParams({ format, select: select.join(",") })
  if (where !== undefined) parameters.set("where", JSON.stringify(where))
  if (search !== undefined) parameters.set("search", search)
  if (orderBy.length > 0) parameters.set("orderBy", orderBy.join(","))
  if (archived !== undefined) parameters.set("archived", archived)
  const name = `${partsOf(collection).name}.${format}`
  const address = `${collection}/$export?${parameters}`
  // A link streams to the disk; nothing of it is held in the page.
  if (address.length < MAX_ADDRESS) return save(address, name)
  try {
    const response = await fetch(`${collection}/$export?format=${format}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-archipel": "1" },
      body: JSON.stringify({
        select,
        ...(where === undefined ? {} : { where }),
        ...(search === undefined ? {} : { search }),
        ...(orderBy.length === 0 ? {} : { orderBy }),
        ...(archived === undefined ? {} : { archived }),
      }),
    })
    if (!response.ok) throw new ProblemError((await response.json()) as ProblemDetails)
    const href = URL.createObjectURL(await response.blob())
    save(href, name)
    setTimeout(() => URL.revokeObjectURL(href), 60_000)
  } catch (error) {
    tellProblem(error)
  }
}
