import type { Dataset, FieldMember, ResolvedModel } from "@archipel/core"
import type pg from "pg"
import { afterAll, beforeAll, expect, test } from "vitest"
import { seededRandom } from "../../packages/data/test/read/random.ts"
import type { Answer } from "../support/asking.ts"
import { counted, propertySeed } from "../support/counts.ts"
import { uncovered } from "./canaries.ts"
import type { Login } from "./personas.ts"
import { randomRead, type RandomRequest } from "./requests.ts"
import { uniqueValue } from "./seed.ts"
import { openTwins, type Twins, type World } from "./world.ts"

/**
 * Two programs whose records differ only in what one persona may not see. Whatever it asks, both must answer the same: a difference
 * would tell something of the hidden, be it by a value, a count, an order, a page's end or a refusal.
 */
const REQUESTS = counted(400, 10_000)
const watched: readonly Login[] = ["clara", "una"]

const random = seededRandom(propertySeed)
let all: Twins
beforeAll(async () => {
  all = await openTwins(
    watched.map((login) => (world, dataset, service, client) => altered(login, world, dataset, service, client)),
  )
})
afterAll(() => all?.[Symbol.asyncDispose]())

let cells = 0
/** What decides who sees a record. */
const kept: ReadonlySet<string> = new Set(["vault.Note.sealed", "vault.Label.open", "vault.Announcement.published"])
const changeable: ReadonlySet<string> = new Set(["text", "longText", "email", "html", "money", "integer", "date"])

/** Gives every cell that the persona does not see another value, rows that it does not see among them. */
async function altered(
  login: Login,
  world: World,
  dataset: Dataset,
  service: string,
  client: pg.Client,
): Promise<void> {
  const sight = world.sight(login, dataset)
  for (const model of world.models.filter((each) => each.service === service && service !== "identity")) {
    for (const row of dataset.records(model.name)) {
      const isSeen = sight.record(model, row)
      for (const member of model.columns) {
        if (!isAlterable(model, member as FieldMember) || (row[member.name] ?? null) === null) continue
        if (isSeen && sight.cell(model, row, member.name)) continue
        if (model.publicTitle && member.name === model.title) continue
        const value = uniqueValue(member as FieldMember, random)
        await client.query(`update "${model.table}" set "${member.columnName}" = $2 where id = $1`, [row["id"], value])
        cells++
      }
    }
  }
}

const isAlterable = (model: ResolvedModel, member: FieldMember): boolean =>
  member.kind === "field" &&
  changeable.has(member.type) &&
  !kept.has(`${model.name}.${member.name}`) &&
  member.name !== "version" &&
  member.name !== "code" &&
  member.max === undefined

/** An answer without what differs by nature: traces, and the seals of cursors, which are those of a database. */
function comparable({ status, headers, text }: Answer): unknown {
  const trace = headers.get("x-trace-id") ?? "-"
  const plain = (all: string): string =>
    all.replaceAll(trace, "TRACE").replaceAll(/[A-Za-z0-9_-]{24,}/g, (cursor) => {
      const decoded = Buffer.from(cursor, "base64url").subarray(16).toString()
      return decoded.startsWith("[") ? decoded : cursor
    })
  const shown = [...headers].filter(([name]) => !["date", "x-trace-id", "content-length"].includes(name))
  return { status, headers: plain(JSON.stringify(shown)), text: plain(text) }
}

test.each(watched)(
  "%s cannot tell programs apart that differ only in what is hidden",
  async (login) => {
    const { world, dataset } = all
    const twin = all.twins[watched.indexOf(login)] as World
    const sight = world.sight(login, dataset)
    const unlimited = { ...sight, field: () => true, list: () => true, model: () => true }
    // The same cells are hidden in both.
    expect(cells).toBeGreaterThan(100)
    const scope = { random, models: world.models, dataset, sight, unlimited, cursors: [] }
    let good = 0
    const next = async (): Promise<void> => {
      const request: RandomRequest = randomRead(scope)
      // An estimate is the planner's, who has not seen the copy yet.
      if (JSON.stringify(request).includes("estimate")) return
      const [one, other] = await Promise.all(
        [world, twin].map((each) => each.ask(request.path, { ...request.asking, as: login })),
      )
      if ((one as Answer).status < 300) good++
      const what = `${request.path}\n${JSON.stringify(request.asking.body)}\n${uncovered((one as Answer).text).slice(0, 500)}`
      expect(comparable(other as Answer), `${what}`).toEqual(comparable(one as Answer))
    }
    for (let i = 0; i < REQUESTS; i += 4) await Promise.all([next(), next(), next(), next()])
    expect(good).toBeGreaterThan(REQUESTS * 0.3)
  },
  30 * 60_000,
)

test("who sees what was altered tells them apart", async () => {
  const { world, twins } = all
  for (const twin of twins) {
    const path = "/api/people/employees?select=name,salary&orderBy=id"
    const [one, other] = await Promise.all([world, twin].map((each) => each.ask(path, { as: "alice" })))
    expect((one as Answer).status).toBe(200)
    expect(comparable(other as Answer)).not.toEqual(comparable(one as Answer))
  }
})
