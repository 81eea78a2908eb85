import type { ColumnMember, DataRecord, Dataset } from "@archipel/core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer, Json } from "../support/asking.ts"
import { idOf } from "../support/company.ts"
import { isFullRun, propertySeed } from "../support/counts.ts"
import { type Login, logins, NORTH, personas, SOUTH, WEST } from "./personas.ts"
import { type AskAs, openWorld, pathOf, type World } from "./world.ts"

/** What can be changed by asking: nothing that is not granted, whatever is sent. */
let world: World
let dataset: Dataset
beforeAll(async () => {
  world = await openWorld()
  dataset = await world.dataset()
})
afterAll(() => world?.[Symbol.asyncDispose]())

const nowhere = idOf(99, 1)
const problem = ({ status, json }: Answer): unknown[] => [status, json?.code]
const missing = [404, "record.not_found"]
const denied = [403, "access.denied"]
const rowsOf = (name: string): readonly DataRecord[] => dataset.records(name)
const idsOf = (name: string, of: (row: DataRecord) => boolean): string[] =>
  rowsOf(name)
    .filter(of)
    .map(({ id }) => String(id))
const someOf = <T>(all: readonly T[], count: number): readonly T[] => {
  if (isFullRun || all.length <= count) return all
  const from = propertySeed % all.length
  return Array.from({ length: count }, (_, i) => all[(from + i * Math.floor(all.length / count)) % all.length] as T)
}

const ask = (as: Login | null, path: string, asking: Omit<AskAs, "as"> = {}): Promise<Answer> =>
  world.ask(path, { ...asking, as })
const patch = (as: Login, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(as, path, { method: "PATCH", body, headers })
const make = async (as: Login, path: string, body: object): Promise<Json> => {
  const answer = await ask(as, path, { body })
  expect(answer.status, `${answer.text}`).toBe(201)
  return answer.json
}
let made = 0
const fresh = (): string => idOf(80, ++made)
const newAccount = (as: Login, rest: object = {}): Promise<Json> =>
  make(as, "/api/vault/accounts", { id: fresh(), number: `A-${made}`, ...rest })
const newNote = (as: Login, rest: object = {}): Promise<Json> =>
  make(as, "/api/vault/notes", { id: fresh(), code: `N-${made}`, title: `Note ${made}`, ...rest })

/** Asks, and expects a refusal that changes nothing. */
async function refused(as: Login | null, path: string, asking: Omit<AskAs, "as">): Promise<Answer> {
  const before = await world.fingerprint()
  const answer = await ask(as, path, asking)
  expect(
    answer.status,
    `${as} ${asking.method ?? "POST"} ${path} ${JSON.stringify(asking.body)} ${answer.text}`,
  ).toBeGreaterThanOrEqual(400)
  expect(answer.status, `${answer.text}`).toBeLessThan(500)
  expect(await world.fingerprint(), `${as} ${path} ${JSON.stringify(asking.body)}`).toBe(before)
  return answer
}
/** An answer without what is different in every answer, and without the id that was named. */
const comparable = ({ status, headers, text }: Answer, ...ids: string[]): unknown => {
  let same = text.replaceAll(headers.get("x-trace-id") ?? "-", "TRACE")
  for (const id of ids) same = same.replaceAll(id, "ID")
  return [status, same]
}

describe("T3 only what clients write is written by clients", () => {
  /** A value that the field's type takes. */
  const plausible = (member: ColumnMember): unknown => {
    if (member.kind === "one") return rowsOf(member.to)[0]?.["id"] ?? personas.alice.id
    const byType: Readonly<Record<string, unknown>> = {
      uuid: nowhere,
      integer: 5,
      money: "5.00",
      decimal: "0.5",
      bool: true,
      datetime: "2020-01-01T00:00:00.000Z",
      date: "2020-01-01",
      states: member.type === "states" ? member.values?.at(-1) : undefined,
    }
    return byType[member.type] ?? "mine"
  }

  test("the framework's, computed and state fields of every model, by those who may do everything", async () => {
    let tried = 0
    for (const model of world.models) {
      const row = rowsOf(model.name).find((each) => world.sight("alice", dataset).record(model, each))
      if (!row || model.owner || model.service === "identity") continue
      for (const member of model.columns) {
        if (member.name === "version" || member.writtenBy === "client" || member.writtenBy === "suggestion") continue
        const body = { [member.name]: plausible(member) }
        const answer = await refused("alice", `${pathOf(model)}/${String(row["id"])}`, { method: "PATCH", body })
        expect(problem(answer), `${model.name}.${member.name}`).toBeOneOf([
          [403, "access.field_denied"],
          [409, "record.locked"],
          // Sessions are nobody's to change.
          ...(model.name === "gateway.Session" ? [[403, "access.denied"]] : []),
        ])
        if (tried++ % 4 === 0) await refused("alice", pathOf(model), { body })
      }
    }
    expect(tried).toBeGreaterThan(60)
  })

  test("what grants leave out, preset, or let be read only", async () => {
    const account = await newAccount("clara")
    expect(account).toMatchObject({ owner: personas.clara.id, branch: "north", approvedBy: null, steps: 0 })
    for (const [field, value] of [
      ["owner", personas.martin.id],
      ["owner", personas.clara.id],
      ["branch", "south"],
      ["approvedBy", personas.clara.id],
      ["steps", 5],
    ] as const) {
      const answer = await refused("clara", "/api/vault/accounts", { body: { number: `X-${field}`, [field]: value } })
      expect(problem(answer), `${field}`).toEqual([403, "access.field_denied"])
    }
    const note = await newNote("clara")
    const path = `/api/vault/notes/${note.id}`
    expect(problem(await refused("clara", path, { method: "PATCH", body: { rank: 5 } }))).toEqual([
      403,
      "access.field_denied",
    ])
    expect(problem(await refused("clara", path, { method: "PATCH", body: { sealed: true } }))).toEqual([
      403,
      "access.field_denied",
    ])
    expect(problem(await refused("clara", path, { method: "PATCH", body: { secret: "x" } }))).toEqual([
      400,
      "query.unknown_field",
    ])
  })

  test("names that are no fields, names twice, prototypes and objects in place of references", async () => {
    const note = await newNote("clara")
    const path = `/api/vault/notes/${note.id}`
    const json = { "content-type": "application/json" }
    for (const body of [
      '{"__proto__":{"owner":"x"}}',
      '{"constructor":{"prototype":{"sealed":true}}}',
      `{"title":"a","title":"b"}`,
      `{"owner":"${personas.clara.id}","owner":"${personas.martin.id}"}`,
      `{"title":"a","\\u0074itle":"b"}`,
      '{"tid":"x"}',
      '{"roles":["vault.manager"]}',
      '{"isAdmin":true}',
      '{"owner_id":"x"}',
      `{"owner":{"id":"${personas.clara.id}","name":"Eve"}}`,
      '{"parent":{"title":"made on the way"}}',
      '{"children":[{"title":"x"}]}',
      '{"labels":{"$add":[{"name":"x"}]}}',
      '{"items":[{"note":"x","name":"y"}]}',
      '{"items":[{"id":"x","name":"y"}]}',
      '{"_masked":[]}',
      '{"$me":"id"}',
    ]) {
      await refused("clara", path, { method: "PATCH", body, headers: json })
    }
    expect((await ask("clara", path)).json.version).toBe(1)
  })

  test("an id, a version and a creator are not chosen by naming them", async () => {
    const id = fresh()
    const created = await make("clara", "/api/vault/notes", { id, code: `N-${made}`, title: "own id" })
    expect(created).toMatchObject({ id, version: 1, createdBy: personas.clara.id })
    expect(
      problem(await refused("clara", `/api/vault/notes/${id}`, { method: "PATCH", body: { id: nowhere } }))[0],
    ).toBeOneOf([400, 403])
    expect(
      problem(await refused("clara", `/api/vault/notes/${id}`, { method: "PATCH", body: { version: 77, title: "x" } })),
    ).toEqual([409, "record.version_conflict"])
  })
})

describe("T10 a rule holds before a change and after it", () => {
  test("nobody makes what would be another's, gives away what is theirs, or takes what is not", async () => {
    const given = { salesperson: personas.martin.id }
    const customer = rowsOf("crm.Customer")[0]?.["id"]
    expect(problem(await refused("clara", "/api/sales/orders", { body: { customer, ...given } }))).toEqual(denied)
    const [own] = idsOf("sales.Order", (o) => o["salesperson"] === personas.clara.id && o["status"] === "draft")
    expect(problem(await refused("clara", `/api/sales/orders/${own}`, { method: "PATCH", body: given }))).toEqual(
      denied,
    )
    const [others] = idsOf("sales.Order", (o) => o["salesperson"] === personas.martin.id)
    const take = { method: "PATCH", body: { salesperson: personas.clara.id } }
    expect(problem(await refused("clara", `/api/sales/orders/${others}`, take))).toEqual(missing)
    const note = await newNote("clara")
    const away = { method: "PATCH", body: { owner: personas.una.id } }
    expect(problem(await refused("clara", `/api/vault/notes/${note.id}`, away))).toEqual(denied)
    // Seen, because its parent is one's own, yet another's.
    const child = await newNote("martin", { parent: note.id })
    const seen = await ask("clara", `/api/vault/notes/${child.id}?select=title`)
    expect([seen.status, seen.json.title]).toEqual([200, child.title])
    expect(
      problem(await refused("clara", `/api/vault/notes/${child.id}`, { method: "PATCH", body: { title: "x" } })),
    ).toEqual(denied)
    expect(
      problem(
        await refused("clara", `/api/vault/notes/${child.id}`, { method: "PATCH", body: { owner: personas.clara.id } }),
      ),
    ).toEqual(denied)
    expect(problem(await refused("clara", `/api/vault/notes/${child.id}`, { method: "DELETE" }))).toEqual(denied)
  })

  test("a rule about the value before: down, not up", async () => {
    const { id } = await newAccount("clara", { ceiling: "100.00" })
    const path = `/api/vault/accounts/${id}`
    const up = await refused("clara", path, { method: "PATCH", body: { ceiling: "100.01" } })
    expect(problem(up)).toEqual(denied)
    expect((await patch("clara", path, { ceiling: "50.00" })).status).toBe(200)
    expect(problem(await refused("clara", path, { method: "PATCH", body: { ceiling: "100.00" } }))).toEqual(denied)
    expect(problem(await refused("clara", path, { method: "PATCH", body: { owner: personas.una.id } }))).toEqual(denied)
    expect((await patch("martin", path, { ceiling: "1000.00" })).status).toBe(200)
  })

  test("companies: neither into another's, nor out of one's own, nor by moving", async () => {
    const ledger = await make("clara", "/api/vault/ledgers", { company: NORTH, name: "own" })
    const path = `/api/vault/ledgers/${ledger.id}`
    expect(problem(await refused("clara", "/api/vault/ledgers", { body: { company: SOUTH, name: "x" } }))[0]).toBeOneOf(
      [403, 422],
    )
    expect(problem(await refused("clara", path, { method: "PATCH", body: { company: WEST } }))[0]).toBeOneOf([403, 422])
    const [other] = idsOf("vault.Ledger", (row) => row["company"] === SOUTH)
    expect(
      problem(await refused("clara", `/api/vault/ledgers/${other}`, { method: "PATCH", body: { company: NORTH } })),
    ).toEqual(missing)
    // Held for the south only.
    expect(problem(await refused("sven", path, { method: "PATCH", body: { name: "x" } }))).toEqual(missing)
    expect(problem(await refused("sven", "/api/vault/ledgers", { body: { company: NORTH, name: "x" } }))[0]).toBeOneOf([
      403, 422,
    ])
    expect((await patch("sven", `/api/vault/ledgers/${other}`, { name: "by sven" })).status).toBe(200)
    const narrowed = { "x-companies": WEST }
    expect(problem(await ask("clara", path, { headers: narrowed }))).toEqual(missing)
  })

  test("a transition has a right of its own, and its own condition", async () => {
    const [own] = idsOf("sales.Order", (o) => o["salesperson"] === personas.clara.id && o["status"] === "draft")
    for (const verb of ["ship", "cancel"])
      expect(problem(await refused("clara", `/api/sales/orders/${own}/$${verb}`, { method: "POST" }))).toEqual(denied)
    const note = await newNote("clara")
    const path = `/api/vault/notes/${note.id}`
    expect(problem(await refused("martin", `${path}/$finish`, { method: "POST" }))).toEqual(denied)
    expect((await ask("clara", `${path}/$finish`, { method: "POST" })).status).toBe(200)
    expect(problem(await refused("clara", `${path}/$reopen`, { method: "POST" }))).toEqual(denied)
    expect(problem(await refused("tim", `${path}/$stamp`, { body: { mark: "x" } }))).toEqual(denied)
    // Four eyes, and never one's own.
    const expense = idsOf("people.Expense", (e) => e["status"] === "submitted")
    for (const id of expense)
      expect(problem(await refused("clara", `/api/people/expenses/${id}/$approve`, { method: "POST" }))[0]).toBeOneOf([
        403, 404,
      ])
  })

  test("what one may write without reading is not shown in return", async () => {
    // A directory entry is readable to all, one's address only to oneself.
    const [other] = idsOf("people.Employee", (row) => row["user"] === personas.martin.id)
    expect(
      problem(await refused("clara", `/api/people/employees/${other}`, { method: "PATCH", body: { city: "x" } })),
    ).toEqual(denied)
    const [own] = idsOf("people.Employee", (row) => row["user"] === personas.clara.id)
    expect((await patch("clara", `/api/people/employees/${own}`, { city: "Ulm" })).json.city).toBe("Ulm")
    expect(
      problem(await refused("clara", `/api/people/employees/${own}`, { method: "PATCH", body: { salary: "1" } })),
    ).toEqual([403, "access.field_denied"])
  })
})

describe("T11 at the same time", () => {
  /** Waits until somebody waits for a lock in a service's database. */
  const untilBlocked = async (service: string, other: Promise<unknown>): Promise<boolean> => {
    let ended = false
    void other.finally(() => (ended = true)).catch(() => {})
    for (let i = 0; i < 2_000 && !ended; i++) {
      const [row] = await world.sql(
        service,
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
      if (Number(row?.["n"]) > 0) return true
      await new Promise((resolve) => setImmediate(resolve))
    }
    return false
  }

  test("a right that another transaction takes away while one writes does not count any more: one's own column", async () => {
    const note = await newNote("clara")
    await world.sql("vault", "begin")
    await world.sql("vault", "update notes set owner_id = $2 where id = $1", [note.id, personas.una.id])
    const write = patch("clara", `/api/vault/notes/${note.id}`, { title: "too late" })
    expect(await untilBlocked("vault", write)).toBe(true)
    await world.sql("vault", "commit")
    expect((await write).status).toBeOneOf([403, 404])
    const [row] = await world.sql("vault", "select title from notes where id = $1", [note.id])
    expect(row?.["title"]).toBe(note.title)
  })

  test("a right that another transaction takes away while one writes does not count any more: through a relation", async () => {
    const [own] = idsOf("people.Employee", (row) => row["user"] === personas.clara.id)
    const body = { employee: own, purpose: "race", category: "meals", amount: "1" }
    const expense = await make("clara", "/api/people/expenses", body)
    await world.sql("people", "begin")
    await world.sql("people", "update employees set user_id = null where id = $1", [own])
    const write = patch("clara", `/api/people/expenses/${expense.id}`, { purpose: "too late" })
    const blocked = await untilBlocked("people", write)
    await world.sql("people", "commit")
    const { status } = await write
    await world.sql("people", "update employees set user_id = $2 where id = $1", [own, personas.clara.id])
    expect(blocked).toBe(true)
    expect(status).toBeOneOf([403, 404])
    const [row] = await world.sql("people", "select purpose from expenses where id = $1", [expense.id])
    expect(row?.["purpose"]).toBe("race")
  })

  test("the same transition twice is made once", async () => {
    for (let round = 0; round < 5; round++) {
      const note = await newNote("clara")
      const all = await Promise.all(
        Array.from({ length: 8 }, () => ask("clara", `/api/vault/notes/${note.id}/$finish`, { method: "POST" })),
      )
      const good = all.filter(({ status }) => status === 200)
      expect(good).toHaveLength(1)
      for (const answer of all) if (answer.status !== 200) expect(answer.status).toBe(409)
    }
  })

  test("an action with one key is done once, with several as often as asked", async () => {
    const { id } = await newAccount("clara")
    const step = (key: string) =>
      ask("clara", `/api/vault/accounts/${id}/$step`, { method: "POST", headers: { "idempotency-key": key } })
    const all = await Promise.all(Array.from({ length: 6 }, () => step(`one-${id}`)))
    for (const answer of all) expect(answer.status).toBeOneOf([200, 409])
    expect((await step(`one-${id}`)).status).toBe(200)
    expect((await ask("clara", `/api/vault/accounts/${id}`)).json.steps).toBe(1)
    expect((await step(`two-${id}`)).json.output).toEqual({ steps: 2 })
  })

  test("a key is its user's: another does not get the answer that was kept for it", async () => {
    const headers = { "idempotency-key": `shared-${fresh()}` }
    const body = { code: `K-${made}`, title: "kept" }
    const mine = await ask("clara", "/api/vault/notes", { body, headers })
    expect(mine.status).toBe(201)
    const other = await ask("una", "/api/vault/notes", { body: { ...body, code: `K-${made}b` }, headers })
    expect(other.status).toBe(201)
    expect(other.json.id).not.toBe(mine.json.id)
    expect((await ask("clara", "/api/vault/notes", { body, headers })).text).toBe(mine.text)
  })
})

describe("T12 what is taken tells nothing of who has it", () => {
  test("a unique value, an id, an upsert", async () => {
    const hidden = rowsOf("vault.Note").find(
      (row) => row["owner"] === personas.alice.id && row["parent"] === null,
    ) as DataRecord
    const body = { code: hidden["code"], title: "mine" }
    const taken = await refused("una", "/api/vault/notes", { body })
    expect(problem(taken)).toEqual([409, "record.duplicate"])
    const upserted = await refused("una", "/api/vault/notes/$upsert?key=code", { method: "PUT", body })
    expect(problem(upserted)).toEqual([409, "record.duplicate"])
    for (const answer of [taken, upserted]) {
      expect(answer.text).not.toContain(String(hidden["id"]))
      expect(answer.json.details).toEqual({ model: "vault.Note", fields: ["code"] })
    }
    const sameId = await refused("una", "/api/vault/notes", {
      body: { id: hidden["id"], code: "other", title: "mine" },
    })
    expect(problem(sameId)).toEqual([409, "record.duplicate"])
  })

  test("an upsert of what one may read but not write is refused as an update", async () => {
    const account = await newAccount("una")
    const answer = await refused("una", "/api/vault/accounts/$upsert?key=number", {
      method: "PUT",
      body: { number: account.number, ceiling: "500" },
    })
    expect(answer.status).toBe(403)
  })

  test("of several changes each tells the same of what is hidden and of what is not there", async () => {
    const [hidden] = idsOf("vault.Note", (row) => row["owner"] === personas.alice.id && row["parent"] === null)
    const bulk = (id: string) =>
      ask("una", "/api/vault/notes/$bulk", {
        body: {
          changes: [
            { operation: "update", id, values: { title: "x" } },
            { operation: "delete", id },
            { operation: "invoke", id, action: "finish" },
            { operation: "archive", id },
          ],
        },
      })
    const before = await world.fingerprint()
    const [one, none] = [await bulk(String(hidden)), await bulk(nowhere)]
    expect(comparable(one, String(hidden))).toEqual(comparable(none, nowhere))
    for (const result of one.json.results) expect([result.ok, result.problem.status]).toEqual([false, 404])
    expect(await world.fingerprint()).toBe(before)
  })
})

describe("T13 a reference to what may not be read is a reference to nothing", () => {
  test("in every model, by everybody who may write one", async () => {
    let tried = 0
    for (const login of logins) {
      const sight = world.sight(login, dataset)
      for (const model of someOf(world.models, 12)) {
        for (const member of model.columns) {
          if (member.kind !== "one" || member.writtenBy !== "client" || model.owner) continue
          const hidden = rowsOf(member.to).find((row) => !sight.record(member.target, row))
          if (!hidden) continue
          const id = String(hidden["id"])
          const payload = (to: string): object => ({ id: idOf(81, 1), [member.name]: to })
          const [one, none] = [
            await ask(login, pathOf(model), { body: payload(id) }),
            await ask(login, pathOf(model), { body: payload(nowhere) }),
          ]
          expect(one.status).toBeGreaterThanOrEqual(400)
          expect(comparable(one, id), `${login} ${model.name}.${member.name}`).toEqual(comparable(none, nowhere))
          const drafts = [id, nowhere].map((to) =>
            ask(login, `${pathOf(model)}/$draft`, { body: { values: { [member.name]: to } } }),
          )
          const [drafted, undrafted] = await Promise.all(drafts)
          expect(comparable(drafted as Answer, id)).toEqual(comparable(undrafted as Answer, nowhere))
          tried++
        }
      }
    }
    expect(tried).toBeGreaterThan(20)
  })

  test("links, lines of others and a parent that is not one's own", async () => {
    const note = await newNote("una", { items: [{ name: "own" }] })
    const path = `/api/vault/notes/${note.id}`
    const [closed] = idsOf("vault.Label", (row) => row["open"] === false)
    const [open] = idsOf("vault.Label", (row) => row["open"] === true)
    expect((await patch("una", path, { labels: [open] })).status).toBe(200)
    for (const labels of [[closed], { $add: [closed] }, [open, closed]]) {
      const answer = await refused("una", path, { method: "PATCH", body: { labels } })
      const none = JSON.parse(JSON.stringify(labels).replaceAll(String(closed), nowhere)) as unknown
      expect(comparable(answer, String(closed))).toEqual(
        comparable(await refused("una", path, { method: "PATCH", body: { labels: none } }), nowhere),
      )
    }
    const line = rowsOf("vault.Item")[0] as DataRecord
    for (const items of [[{ id: line["id"], name: "stolen" }], [{ id: line["id"], $delete: true }]]) {
      const answer = await refused("una", path, { method: "PATCH", body: { items } })
      const none = items.map((item) => ({ ...item, id: nowhere }))
      expect(comparable(answer, String(line["id"]))).toEqual(
        comparable(await refused("una", path, { method: "PATCH", body: { items: none } }), nowhere),
      )
    }
    const [hidden] = idsOf("vault.Note", (row) => row["owner"] === personas.alice.id && row["parent"] === null)
    const answer = await refused("una", path, { method: "PATCH", body: { parent: hidden } })
    expect(comparable(answer, String(hidden))).toEqual(
      comparable(await refused("una", path, { method: "PATCH", body: { parent: nowhere } }), nowhere),
    )
  })

  test("what one may not see stays linked when one replaces the links that one sees", async () => {
    const [closed] = idsOf("vault.Label", (row) => row["open"] === false)
    const [open] = idsOf("vault.Label", (row) => row["open"] === true)
    const note = await newNote("una", { labels: [open] })
    await patch("alice", `/api/vault/notes/${note.id}`, { labels: { $add: [closed] } })
    const seen = await ask("una", `/api/vault/notes/${note.id}?select=labels.name`)
    expect(seen.json.labels.map(({ id }: Json) => id)).toEqual([open])
    expect((await patch("una", `/api/vault/notes/${note.id}`, { labels: [] })).status).toBe(200)
    expect((await patch("una", `/api/vault/notes/${note.id}`, { labels: { $remove: [closed] } })).status).toBe(200)
    const left = await ask("alice", `/api/vault/notes/${note.id}?select=labels.name`)
    expect(left.json.labels.map(({ id }: Json) => id)).toEqual([closed])
  })
})

describe("T14 a deletion takes nothing along that one could not delete", () => {
  test("records of others that go with it", async () => {
    const folder = await make("martin", "/api/vault/folders", { name: "shared" })
    const paper = await make("martin", "/api/vault/papers", {
      folder: folder.id,
      name: "martin's",
      owner: personas.martin.id,
    })
    const answer = await refused("una", `/api/vault/folders/${folder.id}`, { method: "DELETE" })
    expect(answer.status).toBeOneOf([403, 409])
    expect(answer.text).not.toContain(paper.id)
    expect((await ask("martin", `/api/vault/folders/${folder.id}`, { method: "DELETE" })).status).toBe(204)
    expect((await ask("martin", `/api/vault/papers/${paper.id}`)).status).toBe(404)
  })

  test("references of others that would be emptied", async () => {
    const folder = await make("martin", "/api/vault/folders", { name: "shared" })
    await make("martin", "/api/vault/stickers", { folder: folder.id, name: "martin's", owner: personas.martin.id })
    const answer = await refused("una", `/api/vault/folders/${folder.id}`, { method: "DELETE" })
    expect(answer.status).toBeOneOf([403, 409])
  })

  test("one's own go along", async () => {
    const folder = await make("una", "/api/vault/folders", { name: "own" })
    const paper = await make("una", "/api/vault/papers", { folder: folder.id, name: "own", owner: personas.una.id })
    expect((await ask("una", `/api/vault/folders/${folder.id}`, { method: "DELETE" })).status).toBe(204)
    expect((await ask("una", `/api/vault/papers/${paper.id}`)).status).toBe(404)
  })
})

describe("T15 one foreign id among a hundred", () => {
  test("all or nothing means nothing, for what is hidden as for what is not there", async () => {
    const own: string[] = []
    for (let i = 0; i < 99; i++) own.push(fresh())
    const creates = own.map((id, i) => ({ operation: "create", id, values: { code: `B-${id}`, title: `${i}` } }))
    const answer = await ask("una", "/api/vault/notes/$bulk", { body: { atomic: true, changes: creates } })
    expect(answer.status).toBe(200)
    const [hidden] = idsOf("vault.Note", (row) => row["owner"] === personas.alice.id && row["parent"] === null)
    for (const operation of ["update", "delete"] as const) {
      const changes = (id: string) =>
        [...own.slice(0, 50), id, ...own.slice(50)].map((each) => ({
          operation,
          id: each,
          ...(operation === "update" ? { values: { title: "x" } } : {}),
        }))
      const ask1 = (id: string) =>
        refused("una", "/api/vault/notes/$bulk", { body: { atomic: true, changes: changes(id) } })
      const [one, none] = [await ask1(String(hidden)), await ask1(nowhere)]
      expect(problem(one)).toEqual(missing)
      expect(comparable(one, String(hidden))).toEqual(comparable(none, nowhere))
    }
  })
})

describe("T24 a page of somebody else changes nothing and reads nothing", () => {
  test("neither by forms, nor by other types, nor by a method that is said elsewhere", async () => {
    const path = "/api/vault/notes"
    const values = JSON.stringify({ code: "csrf", title: "x" })
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      const answer = await refused("clara", path, { body: values, headers: { "content-type": type } })
      expect(problem(answer)).toEqual([415, "request.unsupported_type"])
    }
    const note = await newNote("clara")
    const own = `${path}/${note.id}`
    const before = await world.fingerprint()
    for (const header of ["x-http-method-override", "x-http-method", "x-method-override"])
      await ask("clara", own, { headers: { [header]: "DELETE" } })
    for (const query of ["_method=DELETE", "method=DELETE"]) await ask("clara", `${own}?${query}`)
    expect((await ask("clara", `${own}/$finish`)).status).toBe(405)
    expect(await world.fingerprint()).toBe(before)
  })

  test("and gets no leave to read an answer", async () => {
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" }
    for (const [path, method] of [
      ["/api/vault/notes", "GET"],
      ["/api/vault/notes", "OPTIONS"],
      ["/oidc/.well-known/openid-configuration", "GET"],
    ] as const) {
      const answer = await ask("clara", path, { method, headers })
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull()
      if (path.startsWith("/api/")) expect(answer.headers.get("access-control-allow-origin")).toBeNull()
    }
  })
})
