/**
 * What it costs a service to ask another one: the same question as a function call, and over gRPC with mutual TLS on this machine.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Principal, systemPrincipal } from "@archipel/core"
import { createLog, openServices, type OpenServices, type Service } from "@archipel/server"
import { openIsland } from "../../packages/server/src/apart/island.ts"
import { neighboursFile } from "../../packages/server/src/apart/neighbours-file.ts"
import { addressesFromFile } from "../../packages/server/src/between/addresses.ts"
import { fileCredentials } from "../../packages/server/src/between/trust/credential-files.ts"
import { openDevelopmentAuthority } from "../../packages/server/src/between/trust/development-authority.ts"
import { servicePrincipal } from "../../packages/server/src/remote-reader.ts"
import { services } from "../../examples/company/services.ts"
import type { DatabaseServer } from "../database-server.ts"
import { serverNameOf } from "../../packages/server/src/between/trust/workload.ts"
import { median } from "../statistics.ts"
import { table } from "../summary.ts"
import { grpcFloor } from "./floor.ts"

export interface CallRow {
  readonly what: string
  readonly togetherUs: number
  readonly apartUs: number
  /** CPU time without the database's; apart, of both sides. */
  readonly togetherCpuUs: number
  readonly apartCpuUs: number
  /** Of a bare gRPC call with as many bytes in the answer: what remains between it and `apartUs` is ours. */
  readonly floorUs: number
  readonly floorCpuUs: number
}

const WARM_CALLS = 300
const CALLS = 200
const ROUNDS = 5
const CUSTOMERS = 200
const ORDERS = 200

/** Sales asks crm: together in one process, and each on an island of its own, on the same databases. */
export async function measureCalls(server: DatabaseServer): Promise<CallRow[]> {
  await using resources = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), "archipel-bench-calls-"))
  resources.defer(() => rm(directory, { recursive: true, force: true }))
  const log = createLog({ level: "silent" })
  const env: Record<string, string> = {}
  for (const { name } of services) {
    await server.create(`calls_${name}`)
    env[`DATABASE_URL_${name.toUpperCase()}`] = server.url(`calls_${name}`)
  }
  const together = resources.use(await openServices({ services, dataDirectory: directory, env }))
  await seed(together)

  const authority = await openDevelopmentAuthority({
    directory: join(directory, "authority"),
    trustDomain: "archipel",
    isDevelopment: true,
    log,
  })
  const places = neighboursFile(join(directory, "neighbours.json"))
  const island = async (service: Service) => {
    await authority.issueFor([service.name])
    const opened = resources.use(
      await openIsland({
        service,
        program: services,
        credentials: await fileCredentials({
          service: service.name,
          trustDomain: "archipel",
          files: { directory: authority.directoryOf(service.name) },
          log,
        }),
        addresses: addressesFromFile(places.path, log),
        listen: { host: "127.0.0.1", port: 0 },
        url: "http://bench.test",
        mayCall: () => true,
        dataDirectory: directory,
        env,
        log,
      }),
    )
    await places.place(service.name, 0, opened.address)
    return opened.running
  }
  const named = (name: string): Service => services.find((each) => each.name === name) as Service
  await island(named("crm"))
  const apart = await island(named("sales"))

  const files = { directory: authority.directoryOf("crm") }
  const { current } = await fileCredentials({ service: "crm", trustDomain: "archipel", files, log })
  const floor = resources.use(await grpcFloor(current(), serverNameOf("crm")))
  const asSales = servicePrincipal("sales", together.catalog)
  const rows: CallRow[] = []
  for (const [what, ask, answerBytes] of questions(asSales))
    rows.push(
      await compare(what, {
        together: () => ask(together),
        apart: () => ask(apart),
        floor: () => floor.call(answerBytes),
      }),
    )
  return rows
}

type Question = (running: OpenServices) => Promise<unknown>

/** With the bytes of an answer of crm's for each: some 80 a customer. */
const questions = (principal: Principal): readonly (readonly [string, Question, number])[] => {
  const orders = (limit: number): Question => {
    return (running) =>
      running
        .as(principal)("sales.Order")
        .find({ select: ["number", "customer.name"], orderBy: ["number"], limit })
  }
  return [
    [
      "one customer by id",
      (running) =>
        running
          .as(principal)("crm.Customer")
          .find({ select: ["name"], limit: 1 }),
      80,
    ],
    ["20 orders with their customers", orders(20), 1_600],
    ["100 orders with their customers", orders(100), 8_000],
  ]
}

async function seed(running: OpenServices): Promise<void> {
  const db = running.as(systemPrincipal("bench"))
  const customers: string[] = []
  for (let n = 0; n < CUSTOMERS; n++) {
    const { id } = await db("crm.Customer").create({ name: `Customer ${n}` })
    customers.push(id)
  }
  for (let n = 0; n < ORDERS; n++)
    await db("sales.Order").create({ customer: customers[n % CUSTOMERS] as never, lines: [] })
}

type Kind = "together" | "apart" | "floor"
type Asks = Readonly<Record<Kind, () => Promise<unknown>>>
type Samples = Record<Kind, number[]>

/** In turn, call by call: one that is asked again and again finds its database awake and its code in the caches, and no request does. */
async function timed(asks: Asks, into: Samples): Promise<void> {
  for (let n = 0; n < CALLS; n++)
    for (const kind of kinds) {
      const began = performance.now()
      await asks[kind]()
      into[kind].push((performance.now() - began) * 1_000)
    }
}

/** In turn, many at a time: of one alone the processor does not tell what it took. */
async function spent(asks: Asks, into: Samples): Promise<void> {
  for (const kind of kinds) {
    const before = process.cpuUsage()
    for (let n = 0; n < CALLS; n++) await asks[kind]()
    const { user, system } = process.cpuUsage(before)
    into[kind].push((user + system) / CALLS)
  }
}

const kinds: readonly Kind[] = ["together", "apart", "floor"]
const noSamples = (): Samples => ({ together: [], apart: [], floor: [] })

async function compare(what: string, asks: Asks): Promise<CallRow> {
  const us = noSamples()
  const cpuUs = noSamples()
  for (const kind of kinds) for (let n = 0; n < WARM_CALLS; n++) await asks[kind]()
  for (let round = 0; round < ROUNDS; round++) {
    await timed(asks, us)
    await spent(asks, cpuUs)
  }
  return {
    what,
    togetherUs: median(us.together),
    apartUs: median(us.apart),
    floorUs: median(us.floor),
    togetherCpuUs: median(cpuUs.together),
    apartCpuUs: median(cpuUs.apart),
    floorCpuUs: median(cpuUs.floor),
  }
}

export const callsTable = (rows: readonly CallRow[]): string =>
  table(
    [
      "sales asks crm for",
      "in process µs",
      "over gRPC µs",
      "times",
      "bare gRPC µs",
      "in process CPU µs",
      "over gRPC CPU µs, both sides",
      "bare gRPC CPU µs",
    ],
    rows.map(({ what, togetherUs, apartUs, floorUs, togetherCpuUs, apartCpuUs, floorCpuUs }) => [
      what,
      togetherUs.toFixed(0),
      apartUs.toFixed(0),
      (apartUs / togetherUs).toFixed(2),
      floorUs.toFixed(0),
      togetherCpuUs.toFixed(0),
      apartCpuUs.toFixed(0),
      floorCpuUs.toFixed(0),
    ]),
  )
