import { type Dataset, datasetOf, type ResolvedModel } from "@archipel/core"
import { afterAll, beforeAll, expect, test, vi } from "vitest"
import { pick, seededRandom } from "../../packages/data/test/read/random.ts"
import type { Answer } from "../support/asking.ts"
import { counted, propertySeed } from "../support/counts.ts"
import { type Login, logins } from "../security/personas.ts"
import { randomRead, type RandomRequest, randomWrite } from "../security/requests.ts"
import { type BothTopologies, openBothTopologies, type World } from "../security/world.ts"

/**
 * Two programs with the same records: one is a single process, in the other every service runs apart. Whoever asks whatever, both
 * answer the same, byte for byte but for what differs by nature: instants, traces, ids that were made, and the seals of cursors.
 */
const READS = counted(300, 2_000)
const WRITES = counted(150, 1_000)
const CONCURRENT = 4

const random = seededRandom(propertySeed)
let both: BothTopologies
beforeAll(async () => {
  both = await openBothTopologies()
  // What a service lacks is told as of the last look at it, which is at another time in each.
  for (const world of [both.together, both.apart])
    await vi.waitFor(
      async () => {
        const { services } = (await world.ask("/api/$ui", { as: "alice" })).json
        expect(services).not.toContainEqual(expect.objectContaining({ lacks: expect.anything() }))
      },
      { timeout: 30_000, interval: 200 },
    )
}, 180_000)
afterAll(() => both?.[Symbol.asyncDispose]())

/** What a program writes for itself when it starts and while people log in: each has its own. */
const ofTheProgram: ReadonlySet<string> = new Set(["identity.Link", "identity.Artifact", "identity.SigningKey"])

const everybody: readonly (Login | null)[] = [...logins, null]

/** Names for what was made in the order in which an answer shows it. */
function comparable({ url }: World, { status, headers, text }: Answer, known: ReadonlySet<string>): object {
  const made = new Map<string, string>()
  const trace = headers.get("x-trace-id") ?? "-"
  const plain = (all: string): string =>
    all
      .replaceAll(trace, "TRACE")
      .replaceAll(url, "URL")
      .replaceAll(/"(at|createdAt|updatedAt|archivedAt)":"[^"]+"/g, '"$1":"INSTANT"')
      .replaceAll(/as-of=\\?"[^"]+"/g, "as-of=INSTANT")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, (id) => {
        if (known.has(id)) return id
        if (!made.has(id)) made.set(id, `MADE ${made.size}`)
        return made.get(id) as string
      })
      .replaceAll(/[A-Za-z0-9_-]{24,}/g, (cursor) => {
        const decoded = Buffer.from(cursor, "base64url").subarray(16).toString()
        return decoded.startsWith("[") ? decoded : cursor
      })
  const shown = [...headers].filter(
    ([name]) =>
      !["date", "x-trace-id", "content-length", "connection", "keep-alive", "transfer-encoding"].includes(name),
  )
  return { status, headers: plain(JSON.stringify(shown)), text: plain(text) }
}

const askedFor = ({ models }: World): readonly ResolvedModel[] => models.filter(({ name }) => !ofTheProgram.has(name))

async function ask(world: World, login: Login | null, { path, asking }: RandomRequest): Promise<Answer> {
  return world.ask(path, { ...asking, as: login })
}

async function idsOf(world: World): Promise<Set<string>> {
  const dataset = await world.dataset()
  return new Set(world.models.flatMap((model) => dataset.records(model.name).map(({ id }) => String(id))))
}

async function expectSame(login: Login | null, request: RandomRequest, known: ReadonlySet<string>): Promise<Answer> {
  const [one, other] = await Promise.all([ask(both.together, login, request), ask(both.apart, login, request)])
  expect({ login, request, answer: comparable(both.apart, other, known) }).toEqual({
    login,
    request,
    answer: comparable(both.together, one, known),
  })
  return one
}

test("what the program says of itself is the same to everybody", async () => {
  for (const login of everybody) await expectSame(login, { path: "/api/$ui", asking: {} }, new Set())
})

test("what it says is in the language that is asked for, also by services apart", async () => {
  const titleIn = async (language: string): Promise<unknown> => {
    const request = { path: "/api/$ui", asking: { headers: { "accept-language": language } } }
    const { json } = await expectSame("alice", request, new Set())
    return json.services.find(({ service }: { readonly service: string }) => service === "identity")?.title
  }
  expect([await titleIn("fr-CH, en;q=0.5"), await titleIn("en"), await titleIn("fr")]).toEqual([
    "Identités",
    "Identity",
    "Identités",
  ])
})

test(
  "whatever is asked, the answer is the same in one process and apart",
  async () => {
    const { together } = both
    const dataset = await together.dataset()
    const known = await idsOf(together)
    const statuses = new Map<number, number>()
    const next = async (): Promise<void> => {
      const login = pick(random, everybody)
      const sight = together.sight(login, dataset)
      const unlimited = { ...sight, field: () => true, list: () => true, model: () => true }
      const request = randomRead({ random, models: askedFor(together), dataset, sight, unlimited, cursors: [] })
      // An estimate is the planner's, who has seen one database longer than the other.
      if (JSON.stringify(request).includes("estimate")) return
      const { status } = await expectSame(login, request, known)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    for (let n = 0; n < READS; n += CONCURRENT) await Promise.all(Array.from({ length: CONCURRENT }, next))
    expect(statuses.get(200) ?? 0).toBeGreaterThan(READS * 0.3)
    expect([...statuses.keys()].filter((status) => status >= 500)).toEqual([])
  },
  30 * 60_000,
)

test(
  "whatever is changed, the answer is the same, and so is what is stored",
  async () => {
    const { together, apart } = both
    const known = await idsOf(together)
    // What a write makes has another id in the other, so that later requests name what was there before.
    const shared = async (): Promise<Dataset> => {
      const all = await together.dataset()
      const records = ({ name }: ResolvedModel) => all.records(name).filter(({ id }) => known.has(String(id)))
      return datasetOf(Object.fromEntries(together.models.map((model) => [model.name, records(model)])))
    }
    let dataset = await shared()
    let done = 0
    for (let n = 0; n < WRITES; n++) {
      const login = pick(random, everybody)
      const sight = together.sight(login, dataset)
      const unlimited = { ...sight, field: () => true, list: () => true, model: () => true }
      const request = randomWrite({ random, models: askedFor(together), dataset, sight, unlimited, cursors: [] })
      const { status } = await expectSame(login, request, known)
      if (status < 300) {
        done++
        dataset = await shared()
      }
    }
    expect(done).toBeGreaterThan(WRITES * 0.02)
    const stored = async (world: World): Promise<object> => {
      const all = await world.dataset()
      // Identity keeps what logins leave behind, which is not asked for here.
      const models = world.models.filter(({ service }) => service !== "identity")
      return Object.fromEntries(models.map((model) => [model.name, all.records(model.name).length]))
    }
    expect(await stored(apart)).toEqual(await stored(together))
  },
  30 * 60_000,
)
