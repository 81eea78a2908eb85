import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Answer } from "../support/asking.ts"
import { isFullRun } from "../support/counts.ts"
import { type RunningFleet, startFleetOfCompany, until } from "../support/fleet.ts"
import { expectWhole, orderOf, seedWares, type Told, type Wares } from "./orders.ts"

/** All of them in a full run. */
const services = isFullRun ? (["identity", "crm", "catalog", "people", "sales"] as const) : (["crm"] as const)
const READERS = 3
const WRITERS = 2
const list = "/api/sales/orders?select=reference,total,customer.name,lines.product.name&orderBy=-createdAt&limit=5"

let fleet: RunningFleet
let wares: Wares
beforeAll(async () => {
  fleet = await startFleetOfCompany(["--replicas", "2"])
  wares = await seedWares(fleet.program.ask)
}, 240_000)
afterAll(() => fleet?.[Symbol.asyncDispose]())

/** Where a service's replicas listen, or will again. */
function addressesOf(service: string): readonly string[] {
  const file = readFileSync(join(fleet.data.path, "fleet", "neighbours.json"), "utf8")
  return (JSON.parse(file) as Readonly<Record<string, readonly string[]>>)[service] ?? []
}

/** A process listens when it is ready, not before. */
function listens(address: string): Promise<boolean> {
  const [host, port] = address.split(":")
  return new Promise((resolve) => {
    const socket = connect(Number(port), host)
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false))
    socket.once("connect", () => socket.destroy())
  })
}

const isServed = async (service: string): Promise<boolean> =>
  (await Promise.all(addressesOf(service).map(listens))).every(Boolean)

test("every service has two replicas that are restarted one right after the other, and no request fails", {
  timeout: 300_000,
}, async () => {
  const { ask } = fleet.program
  const told: Told = { acknowledged: new Map(), refused: [], unanswered: 0 }
  const failed: Answer[] = []
  let read = 0
  let next = 0
  let isOver = false
  const reader = async (): Promise<void> => {
    while (!isOver) {
      const answer = await ask(list)
      read++
      if (answer.status !== 200 || answer.json.partial !== undefined) failed.push(answer)
    }
  }
  const writer = async (): Promise<void> => {
    while (!isOver) {
      const reference = `order-${next++}`
      const answer = await ask("/api/sales/orders", { body: orderOf(wares, reference) })
      if (answer.status === 201) told.acknowledged.set(reference, answer.json.id)
      else failed.push(answer)
    }
  }
  const load = Promise.all([...Array.from({ length: READERS }, reader), ...Array.from({ length: WRITERS }, writer)])
  for (const service of services) {
    const before = fleet.pids(service)
    expect(before).toHaveLength(2)
    for (const pid of before) {
      process.kill(pid, "SIGTERM")
      await until(() => !fleet.pids(service).includes(pid), `The end of a process of ${service}`)
      await until(() => isServed(service), `The next process of ${service}`)
    }
  }
  isOver = true
  await load
  expect(failed.map(({ status, text }) => `${status} ${text.slice(0, 300)}`)).toEqual([])
  expect(read).toBeGreaterThan(services.length)
  expect(told.acknowledged.size).toBeGreaterThan(services.length)
  await expectWhole(fleet.data.databaseUrl("sales"), told)
})

/** At a time, so that some of them are with the replica that is stopped. */
const ASKING = 8

test.each(["crm", "sales"])(
  "a replica of %s that stops is left for the other one: reads are answered meanwhile, and whole",
  {
    timeout: 120_000,
  },
  async (service) => {
    const { ask } = fleet.program
    const whole = async (): Promise<string> => {
      const { status, json, text } = await ask(list)
      return status === 200 && json.partial === undefined ? "whole" : `${status} ${text.slice(0, 300)}`
    }
    await until(async () => (await whole()) === "whole", "A whole answer")
    const [stopped] = fleet.pids(service)
    process.kill(stopped as number, "SIGSTOP")
    try {
      for (let turn = 0; turn < 3; turn++) {
        const answers = await Promise.all(Array.from({ length: ASKING }, whole))
        expect(answers).toEqual(Array.from({ length: ASKING }, () => "whole"))
      }
    } finally {
      process.kill(stopped as number, "SIGCONT")
    }
  },
)
