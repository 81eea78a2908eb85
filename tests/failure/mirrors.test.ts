import { afterAll, beforeAll, expect, test } from "vitest"
import type { Ask, Json } from "../support/asking.ts"
import { created } from "../support/company.ts"
import { type RunningFleet, startFleetOfCompany, until } from "../support/fleet.ts"

let fleet: RunningFleet
let ask: Ask
beforeAll(async () => {
  fleet = await startFleetOfCompany()
  ask = fleet.program.ask
}, 180_000)
afterAll(() => fleet?.[Symbol.asyncDispose]())

const sorted = "/api/sales/orders?select=note&orderBy=customer.name&customer.country.code=XY"
const notes = async (): Promise<string[] | undefined> => {
  const { status, json } = await ask(sorted)
  return status === 200 ? (json.data as Json[]).map(({ note }) => note as string) : undefined
}
const become = (expected: readonly string[], what: string): Promise<void> =>
  until(async () => (await notes())?.join() === expected.join(), what)

test("a mirror between processes: answers while its owner is away, and follows whoever is killed", async () => {
  const country = (await created(ask, "/api/crm/countries", { name: "Nowhere", code: "XY" })).id
  const customer = async (name: string): Promise<{ id: string; version: number }> => {
    const { id, version } = await created(ask, "/api/crm/customers", { name, country })
    return { id, version } as { id: string; version: number }
  }
  const [zoe, adam] = [await customer("Zoe"), await customer("Adam")]
  await created(ask, "/api/sales/orders", { customer: zoe.id, note: "of Zoe" })
  await created(ask, "/api/sales/orders", { customer: adam.id, note: "of Adam" })
  await become(["of Adam", "of Zoe"], "The order by names")

  const [crm] = fleet.pids("crm") as [number]
  process.kill(crm, "SIGSTOP")
  expect(await notes()).toEqual(["of Adam", "of Zoe"])
  process.kill(crm, "SIGKILL")
  const rename = async (): Promise<boolean> => {
    const { status } = await ask(`/api/crm/customers/${zoe.id}`, { method: "PATCH", body: { name: "Aaron" } })
    return status === 200
  }
  await until(rename, "The next process of crm")
  await become(["of Zoe", "of Adam"], "The order by the new names")

  const [sales] = fleet.pids("sales") as [number]
  process.kill(sales, "SIGKILL")
  await until(
    async () => (await ask(`/api/crm/customers/${adam.id}`, { method: "PATCH", body: { name: "A" } })).status === 200,
    "A change",
  )
  await become(["of Adam", "of Zoe"], "The order after sales was killed")
  const { headers } = await ask(sorted)
  expect(headers.get("archipel-mirror")).toMatch(/^crm\.Customer;as-of="/)
}, 180_000)
