import { type Dataset, systemPrincipal, sightOf } from "@archipel/core"
import fc from "fast-check"
import { afterAll, beforeAll, expect, test } from "vitest"
import { pick, seededRandom } from "../../packages/data/test/read/random.ts"
import type { Answer, Json } from "../support/asking.ts"
import { counted, propertySeed } from "../support/counts.ts"
import { type Document, type FuzzRequest, fuzzRequests } from "../fuzz/endpoints.ts"
import { tokensOf, uncovered } from "./canaries.ts"
import { type Login, logins } from "./personas.ts"
import { randomRead, randomWrite, type RandomRequest, type RequestScope } from "./requests.ts"
import { openWorld, type World } from "./world.ts"

/**
 * Every cell holds a value that occurs nowhere else. Whoever may not see it must not find it in anything: body, header, cursor,
 * refusal, export, file, or log.
 */
const ROUND = 20
const ROUNDS = counted(100, 2_600)
/** Every so many rounds, one writes; in between, nothing changes. */
const WRITING = 5
const CONCURRENT = 4

/** Requests wear their records out, so every so many rounds begin in a new world. */
const WORLD = 250

const cursors: string[] = []
let world: World
let dataset: Dataset
beforeAll(begin)
afterAll(() => world?.[Symbol.asyncDispose]())

async function begin(): Promise<void> {
  await world?.[Symbol.asyncDispose]()
  cursors.length = 0
  world = await openWorld()
  dataset = await world.dataset()
}

const random = seededRandom(propertySeed)
/** Those who may do something, but not everything, more often. */
const everybody: readonly (Login | null)[] = [
  ...logins,
  null,
  "clara",
  "clara",
  "clara",
  "martin",
  "una",
  "sven",
  "peter",
]
const writers: readonly Login[] = ["alice", "martin", "clara", "clara", "una", "sven", "peter"]
const statuses = new Map<number, number>()
let answered = 0

interface Said {
  readonly request: RandomRequest
  readonly answer: Answer
  readonly tokens: Set<string>
}

async function say(login: Login | null, request: RandomRequest): Promise<Said> {
  const answer = await world.ask(request.path, { ...request.asking, as: login })
  answered++
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
  if (typeof answer.json?.next === "string") {
    if (cursors.length < 50) cursors.push(answer.json.next)
    else cursors[random.integer(0, cursors.length - 1)] = answer.json.next
  }
  const said = tokensOf(uncovered(`${answer.text}\n${JSON.stringify([...answer.headers])}`))
  // What somebody says themself may be said back to them.
  const sent = tokensOf(uncovered(`${request.path}\n${JSON.stringify(request.asking)}`))
  return { request, answer, tokens: said.difference(sent) }
}

async function sayAll(login: Login | null, requests: readonly RandomRequest[]): Promise<Said[]> {
  const rest = requests.values()
  const all: Said[] = []
  const work = async (): Promise<void> => {
    for (const request of rest) all.push(await say(login, request))
  }
  await Promise.all(Array.from({ length: CONCURRENT }, work))
  return all
}

function expectNothing(login: Login | null, said: readonly Said[], hidden: ReadonlySet<string>): void {
  for (const { request, answer, tokens } of said) {
    const leaked = [...tokens.intersection(hidden)]
    const what = `${login}: ${request.asking.method ?? ""} ${request.path}\n${JSON.stringify(request.asking.body)}\n${answer.status} ${answer.text.slice(0, 2_000)}`
    expect(leaked, `${what}`).toEqual([])
    if (answer.status < 500) continue
    const trace = answer.headers.get("x-trace-id") as string
    throw new Error(`${what}\n${world.logged.filter((line) => line.includes(trace)).join("")}`)
  }
}

/** Requests as the descriptions of the program allow them, and stranger ones. */
async function describedRequests(): Promise<fc.Arbitrary<FuzzRequest>> {
  const { json } = await world.ask("/api/openapi.json", { as: "alice" })
  const ids = world.models.flatMap((model) => dataset.records(model.name).map(({ id }) => String(id)))
  return fuzzRequests(json as Document, ids)
}

/** Who may change rights would change those of the others. */
const changesRights = ({ path, method }: FuzzRequest, login: Login | null): boolean =>
  login === "alice" && method !== "GET" && path.startsWith("/api/identity/")

const strange = (described: fc.Arbitrary<FuzzRequest>, login: Login | null): RandomRequest[] =>
  fc
    .sample(described, { numRuns: ROUND, seed: random.integer(0, 2 ** 31 - 1) })
    .map((request) => (changesRights(request, login) ? { ...request, method: "GET" } : request))
    .map(asRandom)

const wire = (path: string): string =>
  path.replaceAll(/[^\x21-\x7e]/g, (c) => (c.isWellFormed() ? encodeURIComponent(c) : "%3F"))

function asRandom({ method, path, headers, body }: FuzzRequest): RandomRequest {
  const { authorization: _, ...others } = headers
  const bodiless = method === "GET" || method === "HEAD"
  const text = body === undefined || typeof body === "string" ? body : Buffer.from(body).toString("latin1")
  return {
    path: wire(path),
    asking: { method, headers: others, ...(text === undefined || bodiless ? {} : { body: text }) },
  }
}

test(
  `what may not be seen is in none of ${ROUND * ROUNDS} answers`,
  async () => {
    console.log(`seed ${propertySeed}`)
    let described = await describedRequests()
    let first = dataset
    const system = { catalog: world.catalog, logics: [], principal: systemPrincipal("names"), now: "", dataset }
    const unlimited = { ...sightOf(system), field: () => true, list: () => true, model: () => true }
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0 && round % WORLD === 0) {
        expectNothingLogged(first)
        await begin()
        described = await describedRequests()
        first = dataset
      }
      const isWriting = round % WRITING === WRITING - 1
      const login = pick(random, isWriting ? writers : everybody)
      const sight = world.sight(login, dataset)
      const scope: RequestScope = { random, models: world.models, dataset, sight, unlimited, cursors }
      if (!isWriting) {
        const requests =
          round % WRITING === 0 ? strange(described, login) : Array.from({ length: ROUND }, () => randomRead(scope))
        const isRead = round % WRITING !== 0
        const hidden = world.canaries(login, dataset)
        const said = await sayAll(login, requests)
        if (isRead) {
          expectNothing(login, said, hidden)
          continue
        }
        dataset = await world.dataset()
        expectNothing(login, said, hidden.intersection(world.canaries(login, dataset)))
        continue
      }
      // What a write brings into somebody's sight they may see; what was hidden before and after it stays so.
      const before = world.canaries(login, dataset)
      const writable = world.models.filter(({ service }) => login !== "alice" || service !== "identity")
      const said = await sayAll(
        login,
        Array.from({ length: ROUND }, () => randomWrite({ ...scope, models: writable })),
      )
      dataset = await world.dataset()
      expectNothing(login, said, before.intersection(world.canaries(login, dataset)))
      await forget(said)
    }
    expectNothingLogged(first)
    console.log(`answers by status: ${JSON.stringify(Object.fromEntries([...statuses].toSorted(([a], [b]) => a - b)))}`)
    expect(answered).toBe(ROUND * ROUNDS)
    // Requests that are all refused would prove nothing.
    const good = [...statuses].filter(([status]) => status < 300).reduce((sum, [, count]) => sum + count, 0)
    expect(good).toBeGreaterThan(answered * 0.25)
  },
  40 * 60_000,
)

/** Removes what was made, so that there stays as much as there was. */
async function forget(said: readonly Said[]): Promise<void> {
  for (const { answer, request } of said) {
    const id = (answer.json as Json)?.id
    if (answer.status !== 201 || typeof id !== "string" || request.asking.method !== undefined) continue
    const [, , service = "", collection] = request.path.split("/")
    const model = world.models.find((m) => m.service === service && m.collection === collection)
    if (!model) continue
    const change = { operation: "delete", model: model.name, id } as const
    await world.open.services
      .get(service)
      ?.change(systemPrincipal("made by a test"), change, { traceId: "0".repeat(32) })
      .catch(() => {})
  }
  dataset = await world.dataset()
}

test("what is looked for is found where it may be seen", async () => {
  const found = new Set<string>()
  for (const model of world.models) {
    const { tokens } = await say("alice", { path: `/api/${model.service}/${model.collection}?limit=1000`, asking: {} })
    for (const token of tokens) found.add(token)
  }
  const hidden = world.canaries("clara", dataset)
  expect(found.intersection(hidden).size).toBeGreaterThan(hidden.size / 2)
  const [word] = [...hidden].filter((token) => token.startsWith("zq"))
  const cursor = Buffer.from(`0123456789abcdef["${word}"]`).toString("base64url")
  expect(tokensOf(uncovered(`<${cursor}>`))).toContain(word)
})

/** Ids are no secrets to who reads the log. */
function expectNothingLogged(there: Dataset): void {
  const everything = [...world.canaries(null, there)].filter((token) => !/^[\da-f]{8}-/.test(token))
  expect(everything.length).toBeGreaterThan(500)
  expect(world.logged.length).toBeGreaterThan(500)
  expect([...tokensOf(world.logged.join("\n")).intersection(new Set(everything))]).toEqual([])
}
