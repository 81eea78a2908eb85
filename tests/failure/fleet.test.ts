import { setTimeout as delay } from "node:timers/promises"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { sampled } from "../support/counts.ts"
import type { Answer, Ask } from "../support/asking.ts"
import { residentMb, type RunningFleet, startFleetOfCompany, until } from "../support/fleet.ts"
import { expectWhole, orderOf, seedWares, type Told, type Wares } from "./orders.ts"

/** No request is worked on longer; what the network adds to it is allowed for. */
const REQUEST_DEADLINE_MS = 30_000 + 5_000
const READERS = 4
const WRITERS = 4
const IN_A_ROW = 3

let fleet: RunningFleet
let ask: Ask
let wares: Wares
/** What each process held when it was ready. */
let idleMb: Readonly<Record<string, number>>
const told: Told = { acknowledged: new Map(), refused: [], unanswered: 0 }
let next = 0

const list = "/api/sales/orders?select=reference,total,customer.name,lines.product.name&orderBy=-createdAt&limit=5"

beforeAll(async () => {
  fleet = await startFleetOfCompany()
  ask = fleet.program.ask
  idleMb = Object.fromEntries(
    ["gateway", ...services].map((service) => [service, residentMb(fleet.pids(service)[0] as number)]),
  )
  wares = await seedWares(ask)
}, 180_000)
afterAll(() => fleet?.[Symbol.asyncDispose]())

const services = ["identity", "crm", "catalog", "people", "sales"] as const

/** Of a process of one service that has nothing to do. */
const IDLE_MB = 140

test("before anybody asks, the process of each service takes no more memory than it may", () => {
  expect(Object.keys(idleMb)).toHaveLength(1 + services.length)
  expect(Object.entries(idleMb).filter(([, megabytes]) => !(megabytes <= IDLE_MB))).toEqual([])
})

interface Seen {
  readonly answers: Answer[]
  readonly longestMs: number
}

/** Reads and writes until it is told to stop. Whatever is not answered rejects. */
function load(): { stop(): Promise<Seen> } {
  let isOver = false
  let longestMs = 0
  const answers: Answer[] = []
  const timed = async (asking: Promise<Answer>): Promise<Answer> => {
    const began = performance.now()
    const answer = await asking
    longestMs = Math.max(longestMs, performance.now() - began)
    answers.push(answer)
    return answer
  }
  const reader = async (): Promise<void> => {
    while (!isOver) await timed(ask(list))
  }
  const writer = async (): Promise<void> => {
    while (!isOver) {
      const reference = `order-${next++}`
      const { status, json } = await timed(ask("/api/sales/orders", { body: orderOf(wares, reference) }))
      if (status === 201) told.acknowledged.set(reference, json.id)
    }
  }
  const running = Promise.all([...Array.from({ length: READERS }, reader), ...Array.from({ length: WRITERS }, writer)])
  return {
    async stop() {
      isOver = true
      await running
      return { answers, longestMs }
    },
  }
}

/** An answer is right, says what is missing from it, or is a problem that says who is away. */
function expectHonest({ status, json, text }: Answer): void {
  if (status === 503) expect(json).toMatchObject({ code: "service.unavailable" })
  else if (status === 201) expect(json).toMatchObject({ total: "993.14" })
  else {
    expect([status, text.slice(0, 300)]).toEqual([200, text.slice(0, 300)])
    for (const { customer, lines, total } of json.data) {
      expect(total).toBe("993.14")
      if (!customer._unavailable) expect(customer.name).toBe("Customer")
      else expect(json.partial.services).toContain("crm")
      for (const { product } of lines) {
        if (!product._unavailable) expect(product.name).toMatch(/^At /)
        else expect(json.partial.services).toContain("catalog")
      }
    }
  }
}

const isWhole = async (): Promise<boolean> => {
  const { status, json } = await ask(list)
  const made = await ask("/api/sales/orders", { body: orderOf(wares, `order-${next++}`) })
  if (made.status === 201) told.acknowledged.set(made.json.reference, made.json.id)
  return status === 200 && json.partial === undefined && made.status === 201
}

const drills = {
  /** It is started again by who started it. */
  "is killed": async (pid: number, service: string) => {
    process.kill(pid, "SIGKILL")
    await until(() => fleet.pids(service).some((each) => each !== pid), `The next process of ${service}`)
  },
  "is paused": async (pid: number) => {
    process.kill(pid, "SIGSTOP")
    await delay(3_000)
    process.kill(pid, "SIGCONT")
  },
  "is slow": async (pid: number) => {
    for (let turn = 0; turn < 10; turn++) {
      process.kill(pid, "SIGSTOP")
      await delay(180)
      process.kill(pid, "SIGCONT")
      await delay(20)
    }
  },
} as const

/** Each drill with two services, other ones with each seed; in a full run with all. */
const turns = (Object.keys(drills) as (keyof typeof drills)[]).map((drill, turn) => ({ drill, turn }))

describe.each(turns)("while a service $drill under load", ({ drill, turn }) => {
  test.each(sampled(services, 2, turn))(
    "%s: every answer is right, partial or a problem, and all is well again",
    async (service) => {
      const [pid] = fleet.pids(service)
      expect(pid).toBeDefined()
      const under = load()
      await drills[drill](pid as number, service)
      await until(isWhole, `A whole answer after ${service} ${drill}`)
      // Once it is well it stays so: nobody is sent to who is away any more.
      for (let n = 0; n < IN_A_ROW; n++) expect(await isWhole()).toBe(true)
      expect(fleet.pids(service)).toHaveLength(1)
      const { answers, longestMs } = await under.stop()
      for (const answer of answers) expectHonest(answer)
      expect(answers.some(({ status }) => status === 201)).toBe(true)
      expect(longestMs).toBeLessThan(REQUEST_DEADLINE_MS)
    },
    120_000,
  )
})

test("every write that was acknowledged in all of this is there, whole", async () => {
  expect(told.acknowledged.size).toBeGreaterThan(0)
  await expectWhole(fleet.data.databaseUrl("sales"), told)
})

test("the gateway is killed: who asks is cut off, and is answered again by the next one", async () => {
  const [pid] = fleet.pids("gateway")
  process.kill(pid as number, "SIGKILL")
  await until(() => isWhole().catch(() => false), "An answer of the next gateway")
})
