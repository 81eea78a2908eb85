import {
  type ColumnMember,
  type DataRecord,
  type Dataset,
  evaluateGroups,
  evaluateQuery,
  type Query,
  type ResolvedModel,
  type SelectEntry,
} from "@archipel/core"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Answer, Json } from "../support/asking.ts"
import { isFullRun, propertySeed } from "../support/counts.ts"
import { tokensOf, uncovered } from "./canaries.ts"
import { idOf } from "../support/company.ts"
import { type Login, logins, NORTH, personas, SOUTH, WEST } from "./personas.ts"
import { type AskAs, openWorld, pathOf, type World } from "./world.ts"

/** What can be learnt by asking: for every model of the company and of the vault, by everybody. Nothing is written here. */
let world: World
let dataset: Dataset
let before: string
beforeAll(async () => {
  world = await openWorld()
  await world.logIn()
  dataset = await world.dataset()
  before = await world.fingerprint()
})
afterAll(async () => {
  try {
    expect(await world.fingerprint()).toBe(before)
  } finally {
    await world?.[Symbol.asyncDispose]()
  }
})

/** All of them in a full run; else some, others in each run. */
const someOf = <T>(all: readonly T[], count: number): readonly T[] => {
  if (isFullRun || all.length <= count) return all
  const step = all.length / count
  const from = propertySeed % Math.ceil(step)
  return Array.from({ length: count }, (_, i) => all[Math.floor(from + i * step) % all.length] as T)
}
const everybody: readonly (Login | null)[] = [null, ...logins]
const nowhere = idOf(99, 1)
const unknownField = [400, "query.unknown_field"]
const problem = ({ status, json }: Answer): unknown[] => [status, json?.code]
const rowsOf = (model: ResolvedModel): readonly DataRecord[] => dataset.records(model.name)
const sightOf = (login: Login | null) => world.sight(login, dataset)
const hiddenFrom = (login: Login | null, model: ResolvedModel): readonly DataRecord[] =>
  rowsOf(model).filter((row) => !sightOf(login).record(model, row))
const shownTo = (login: Login | null, model: ResolvedModel): readonly DataRecord[] =>
  rowsOf(model).filter((row) => sightOf(login).record(model, row))
const modelOf = (name: string): ResolvedModel => world.catalog.models.get(name) as ResolvedModel

/** Asks, and finds nothing in the answer that the persona must not see. */
async function ask(login: Login | null, path: string, asking: Omit<AskAs, "as"> = {}): Promise<Answer> {
  const answer = await world.ask(path, { ...asking, as: login })
  const said = tokensOf(uncovered(`${answer.text}\n${JSON.stringify([...answer.headers])}`))
  const sent = tokensOf(uncovered(`${path}\n${JSON.stringify(asking)}`))
  const leaked = said.difference(sent).intersection(world.canaries(login, dataset))
  expect([...leaked], `${login} ${path} ${JSON.stringify(asking)}`).toEqual([])
  expect(answer.status, `${answer.text}`).toBeLessThan(500)
  return answer
}
const query = (login: Login | null, model: ResolvedModel, body: object): Promise<Answer> =>
  ask(login, `${pathOf(model)}/$query`, { body })

const selecting = (login: Login | null, model: ResolvedModel, path: string): Promise<Answer> =>
  query(login, model, { select: [path] })

/** An answer without what is different in every answer, and without the id that was asked for. */
function comparable({ status, headers, text }: Answer, id: string): unknown {
  const trace = headers.get("x-trace-id") ?? "-"
  const kept = [...headers].filter(([name]) => !["date", "x-trace-id", "content-length"].includes(name))
  return { status, headers: kept, text: text.replaceAll(trace, "TRACE").replaceAll(id, "ID") }
}

/** Requests about one record, whatever the model has to offer. */
function requestsAbout(model: ResolvedModel, id: string): [string, Omit<AskAs, "as">][] {
  const at = `${pathOf(model)}/${id}`
  const states = model.columns.flatMap((m) => (m.kind === "field" ? Object.keys(m.transitions ?? {}) : []))
  const verbs = [...states, ...model.actions.keys(), ...(model.archive ? ["archive", "restore"] : [])]
  const files = model.columns.filter((m) => m.kind === "field" && (m.type === "file" || m.type === "image"))
  const text = model.columns.find((m) => m.kind === "field" && m.type === "text" && m.writtenBy === "client")
  const values = text === undefined ? {} : { [text.name]: "x" }
  return [
    [at, {}],
    [`${at}?select=id,version`, {}],
    [at, { method: "HEAD" }],
    [at, { method: "PATCH", body: values }],
    [at, { method: "PATCH", body: { ...values, version: 1 } }],
    [at, { method: "PATCH", body: values, headers: { "if-match": '"7"' } }],
    [at, { method: "DELETE" }],
    ...verbs.map((verb): [string, Omit<AskAs, "as">] => [`${at}/$${verb}`, { method: "POST" }]),
    ...files.map(({ name }): [string, Omit<AskAs, "as">] => [`${at}/${name}`, {}]),
    [`${pathOf(model)}/$draft`, { body: { id, values } }],
    [`${pathOf(model)}/$resolve`, { body: { ids: [id] } }],
    [`${pathOf(model)}/$query`, { body: { select: ["id"], where: { id }, count: "exact" } }],
    [`${pathOf(model)}?id=${id}`, {}],
    [`${pathOf(model)}/$export?id=${id}`, {}],
    [`${pathOf(model)}/$bulk`, { body: { atomic: true, changes: [{ operation: "update", id, values }] } }],
    [`${pathOf(model)}/$bulk`, { body: { changes: [{ operation: "delete", id }] } }],
  ]
}

describe("T1 a record that may not be seen is a record that is not there", () => {
  test.each(logins)("for %s, in every model", async (login) => {
    let compared = 0
    const all = world.models.filter((model) => hiddenFrom(login, model).length > 0)
    for (const model of someOf(all, 8)) {
      const hidden = hiddenFrom(login, model)[1] ?? hiddenFrom(login, model)[0]
      const id = String(hidden?.["id"])
      const [ofHidden, ofMissing] = [requestsAbout(model, id), requestsAbout(model, nowhere)]
      for (const [i, [path, asking]] of ofHidden.entries()) {
        const [other, same] = ofMissing[i] as (typeof ofMissing)[number]
        const one = await ask(login, path, asking)
        const isTitle = model.publicTitle && path.endsWith("$resolve")
        if (!isTitle) expect(comparable(one, id), `${path}`).toEqual(comparable(await ask(login, other, same), nowhere))
        if (i === 0) expect(one.status).toBe(sightOf(login).model(model) ? 404 : 403)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(10)
  })
})

/** A field that somebody may never see, of a model of which they may see something. */
function neverReadable(): [Login, ResolvedModel, string][] {
  return logins.flatMap((login) =>
    world.models
      .filter((model) => sightOf(login).model(model))
      .flatMap((model) =>
        model.columns
          .filter(({ name }) => name !== "id" && !sightOf(login).field(model, name))
          .map(({ name }): [Login, ResolvedModel, string] => [login, model, name]),
      ),
  )
}

/** A field whose cells somebody sees of some records, and of others not. */
function sometimesMasked(): [Login, ResolvedModel, ColumnMember, DataRecord][] {
  return logins.flatMap((login) =>
    world.models
      .filter((model) => sightOf(login).model(model))
      .flatMap((model) =>
        model.columns.flatMap((member): [Login, ResolvedModel, ColumnMember, DataRecord][] => {
          if (!sightOf(login).field(model, member.name)) return []
          const row = shownTo(login, model).find(
            (r) => (r[member.name] ?? null) !== null && !sightOf(login).cell(model, r, member.name),
          )
          return row ? [[login, model, member, row]] : []
        }),
      ),
  )
}

describe("T4 a field that may never be read is a field that is not there", () => {
  test("in select, where, order, group, aggregates, exports and payloads, directly and through relations", async () => {
    const cases = neverReadable()
    expect(cases.length).toBeGreaterThan(50)
    for (const [login, model, field] of someOf(cases, 60)) {
      const at = pathOf(model)
      const id = String(shownTo(login, model)[0]?.["id"] ?? nowhere)
      const asked = (name: string): [string, Omit<AskAs, "as">][] => [
        [`${at}?select=id,${name}`, {}],
        [`${at}/${id}?select=${name}`, {}],
        [`${at}?${name}[isSet]=true`, {}],
        [`${at}?orderBy=-${name}`, {}],
        [`${at}/$export?select=${name}&format=csv`, {}],
        [`${at}/$query`, { body: { where: { or: [{ not: { [name]: null } }] } } }],
        [`${at}/$query`, { body: { group: [name] } }],
        [`${at}/$query`, { body: { aggregates: { a: `countDistinct(${name})` } } }],
        [`${at}/$query`, { body: { aggregates: { a: `min(${name})` } } }],
        [`${at}/$query`, { body: { aggregates: { a: `max(${name})` }, orderBy: ["a"] } }],
      ]
      const made = asked("nosuch")
      for (const [i, [path, asking]] of asked(field).entries()) {
        const one = await ask(login, path, asking)
        expect(problem(one), `${login} ${path} ${JSON.stringify(asking)}`).toEqual(unknownField)
        const [other, same] = made[i] as (typeof made)[number]
        const none = await ask(login, other, same)
        expect(one.json.detail).toBe(none.json.detail.replaceAll("nosuch", field))
      }
    }
  })

  test("through every relation that leads to it", async () => {
    const hidden = neverReadable()
    let tried = 0
    for (const [login, target, field] of someOf(hidden, 80)) {
      for (const model of world.models.filter((m) => sightOf(login).model(m))) {
        for (const member of model.members.values()) {
          if (member.kind === "field" || member.target !== target || !sightOf(login).field(model, member.name)) continue
          // Another service is asked only where there is something to ask it for, and then for what there is not, too.
          const expected = member.local ? unknownField : problem(await selecting(login, model, `${member.name}.nosuch`))
          const select = await selecting(login, model, `${member.name}.${field}`)
          expect(problem(select), `${login} ${model.name}.${member.name}.${field}`).toEqual(expected)
          const nested = await query(login, model, { select: [{ path: member.name, select: [field] }] })
          expect(problem(nested)).toEqual(expected)
          tried++
          if (!member.local) continue
          const inner = member.kind === "one" ? { [field]: null } : { some: { [field]: null } }
          expect(problem(await query(login, model, { where: { [member.name]: inner } }))).toEqual(unknownField)
          if (member.kind !== "one") continue
          const path = `${member.name}.${field}`
          expect(problem(await query(login, model, { orderBy: [path] }))).toEqual(unknownField)
          expect(problem(await query(login, model, { group: [path] }))).toEqual(unknownField)
          expect(problem(await query(login, model, { aggregates: { a: `max(${path})` } }))).toEqual(unknownField)
        }
      }
    }
    expect(tried).toBeGreaterThan(10)
  })

  test("in descriptions", async () => {
    for (const [login, model, field] of someOf(neverReadable(), 100)) {
      const ui = await ask(login, `${pathOf(model)}/$ui`)
      const shown = ui.json.fields[field]
      // What may be written without being read is described as such.
      if (shown !== undefined) expect(shown, `${login} ${model.name}.${field}`).toMatchObject({ read: false })
    }
  })

  test("in the descriptions of models that nobody granted them anything of", async () => {
    for (const login of everybody) {
      const document = login === null ? undefined : await ask(login, "/api/openapi.json")
      for (const model of world.models) {
        const ui = await ask(login, `${pathOf(model)}/$ui`)
        const rights = sightOf(login).model(model)
        if (rights) expect(ui.status).toBe(200)
        const listed = document && Object.keys(document.json.paths).includes(pathOf(model))
        if (listed) expect(ui.status, `${login} ${model.name}`).toBe(200)
        if (ui.status !== 200 && document) expect(listed).toBe(false)
      }
    }
  })

  test("in related lists, which are of all references that may be read between models that may be read, and of no other", async () => {
    for (const login of logins) {
      const { related } = (await ask(login, "/api/$ui")).json
      const said = Object.entries<readonly Json[]>(related).flatMap(([target, lists]) =>
        lists.map(({ service, model, collection, field }) => [target, service, model, collection, field].join(" ")),
      )
      const sight = sightOf(login)
      const seen = world.models.filter((model) => sight.model(model))
      const meant = seen.flatMap((model) =>
        model.columns
          .filter(({ name, writtenBy }) => writtenBy !== "framework" && sight.field(model, name))
          .flatMap((member) =>
            member.kind === "one" && seen.includes(modelOf(member.to)) ? [[member.to, member.name]] : [],
          )
          .map(([target, field]) => [target, model.service, model.name, pathOf(model), field].join(" ")),
      )
      expect({ login, lists: said.toSorted() }).toEqual({ login, lists: meant.toSorted() })
    }
  })

  test("a masked cell is empty and named, in lists, records, exports and through relations", async () => {
    const cases = sometimesMasked()
    expect(cases.length).toBeGreaterThan(20)
    for (const [login, model, { name }, row] of someOf(cases, 60)) {
      const id = String(row["id"])
      const record = await ask(login, `${pathOf(model)}/${id}?select=${name}`)
      expect(record.json, `${login} ${model.name}.${name}`).toEqual({ id, [name]: null, _masked: [name] })
      const listed = await query(login, model, { select: [name], where: { id } })
      expect(listed.json.data).toEqual([{ id, [name]: null, _masked: [name] }])
      const exported = await ask(login, `${pathOf(model)}/$export?select=${name}&id=${id}`)
      expect(JSON.parse(exported.text)).toEqual({ id, [name]: null, _masked: [name] })
      const csv = await ask(login, `${pathOf(model)}/$export?select=id,${name}&format=csv&id=${id}`)
      expect(csv.text).toBe(`id,${name}\r\n${id},\r\n`)
      const grouped = await query(login, model, {
        where: { id },
        group: OPAQUE.has(typeOf(model, name)) ? ["id"] : [name],
      })
      if (!OPAQUE.has(typeOf(model, name))) expect(grouped.json.data).toEqual([{ [name]: null, count: 1 }])
    }
  })

  test("a file is downloaded only by who may read its cell", async () => {
    let refused = 0
    for (const login of everybody) {
      for (const model of world.models) {
        for (const member of model.columns) {
          if (member.kind !== "field" || !["file", "image"].includes(member.type)) continue
          for (const row of rowsOf(model)) {
            if ((row[member.name] ?? null) === null) continue
            const sight = sightOf(login)
            const may = sight.record(model, row) && sight.cell(model, row, member.name)
            const answer = await ask(login, `${pathOf(model)}/${String(row["id"])}/${member.name}`)
            expect(answer.status === 200, `${login} ${model.name}.${member.name} ${answer.status}`).toBe(may)
            if (!may) refused++
          }
        }
      }
    }
    expect(refused).toBeGreaterThan(10)
  })
})

const OPAQUE: ReadonlySet<string> = new Set(["json", "file", "image"])
const UNORDERED: ReadonlySet<string> = new Set([...OPAQUE, "longText", "html"])
const typeOf = (model: ResolvedModel, name: string): string => {
  const member = model.members.get(name)
  return member?.kind === "field" ? member.type : "one"
}

describe("T5 a hidden cell is not found by searching for it", () => {
  test("by conditions: whatever is guessed, the answer is that of an empty cell", async () => {
    for (const [login, model, member, row] of someOf(sometimesMasked(), 40)) {
      const { name } = member
      if (OPAQUE.has(typeOf(model, name))) continue
      const value = row[name]
      const id = String(row["id"])
      const guesses: unknown[] = [value, { eq: value }, { in: [value] }, { not: null }, { isSet: true }]
      if (!["one", "bool"].includes(typeOf(model, name))) guesses.push({ gte: value, lte: value })
      if (["text", "longText", "email", "html", "url"].includes(typeOf(model, name)))
        guesses.push({ contains: String(value).slice(0, 4) }, { startsWith: String(value).slice(0, 3) })
      for (const guess of guesses) {
        const found = await query(login, model, { select: ["id"], where: { id, [name]: guess } })
        expect(found.json.data, `${login} ${model.name}.${name} ${JSON.stringify(guess)}`).toEqual([])
        const others = await query(login, model, { select: ["id"], where: { id, not: { [name]: guess } } })
        expect(others.json.data).toEqual([{ id }])
      }
      const empty = await query(login, model, { select: ["id"], where: { id, [name]: null }, count: "exact" })
      expect([empty.json.data, empty.json.count]).toEqual([[{ id }], 1])
    }
  })

  test("by its place in an order: hidden cells are alike", async () => {
    for (const [login, model, { name }] of someOf(sometimesMasked(), 60)) {
      if (UNORDERED.has(typeOf(model, name))) continue
      for (const orderBy of [[name], [`-${name}`]])
        await expectEvaluated(login, { model: model.name, select: ["id"], orderBy })
    }
  })

  test("by words of a search", async () => {
    let hidden = 0
    for (const login of logins) {
      for (const model of world.models.filter((m) => sightOf(login).model(m))) {
        for (const row of rowsOf(model)) {
          for (const { name } of model.search) {
            const word = String(row[name] ?? "").match(/zq[a-z]+/)?.[0]
            if (word === undefined) continue
            const isSeen = sightOf(login).record(model, row) && sightOf(login).cell(model, row, name)
            if (isSeen || hidden % 3 !== 0) {
              if (!isSeen) hidden++
              continue
            }
            hidden++
            const found = await query(login, model, { select: ["id"], search: word, count: "exact", archived: "any" })
            if (found.status === 200)
              expect([found.json.data, found.json.count], `${login} ${model.name}.${name}`).toEqual([[], 0])
            else expect(problem(found)).toEqual([400, "query.invalid"])
          }
        }
      }
    }
    expect(hidden).toBeGreaterThan(20)
  })
})

/** Asks over HTTP and expects what the plain evaluator says. */
async function expectEvaluated(login: Login, asked: Query): Promise<Json> {
  const { model, ...body } = asked
  const answer = await query(login, modelOf(model), {
    ...body,
    ...(asked.group || asked.aggregates ? {} : { limit: 1000 }),
  })
  expect(answer.status, `${login} ${model} ${JSON.stringify(body)} ${answer.text}`).toBe(200)
  const situation = world.situation(login, dataset)
  const expected = asked.group || asked.aggregates ? evaluateGroups(asked, situation) : evaluateQuery(asked, situation)
  expect(withoutEmptyMasks(answer.json.data), `${login} ${model} ${JSON.stringify(body)}`).toEqual(
    JSON.parse(JSON.stringify(expected)),
  )
  return answer.json
}

function withoutEmptyMasks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmptyMasks)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, inner]) => name !== "_masked" || (inner as unknown[]).length > 0)
      .map(([name, inner]) => [name, withoutEmptyMasks(inner)]),
  )
}

/** Local relations of a model that a persona may follow. */
const followable = (login: Login, model: ResolvedModel) =>
  [...model.members.values()].flatMap((member) => {
    if (member.kind === "field" || !member.local || !sightOf(login).field(model, member.name)) return []
    if (member.kind !== "one" && !sightOf(login).list(member)) return []
    return sightOf(login).model(member.target) ? [member] : []
  })

const shownFields = (login: Login, model: ResolvedModel): string[] =>
  model.columns.filter(({ name }) => name !== "id" && sightOf(login).field(model, name)).map(({ name }) => name)

/** Everything of a model and, `depth` relations deep, of what it leads to. */
const allOf = (login: Login, model: ResolvedModel, depth: number): SelectEntry[] => [
  ...shownFields(login, model),
  ...(depth === 0
    ? []
    : followable(login, model).map((m) => ({ path: m.name, select: allOf(login, m.target, depth - 1) }))),
]

describe("T6 relations lead only to what may be seen", () => {
  test.each(logins)(
    "%s: selected two relations deep, to one and to many, to oneself and through links",
    async (login) => {
      for (const model of world.models.filter((m) => sightOf(login).model(m))) {
        const select = allOf(login, model, model.columns.length > 20 ? 1 : 2)
        if (select.length > 0 && JSON.stringify(select).length < 20_000)
          await expectEvaluated(login, { model: model.name, select })
      }
    },
  )

  test.each(logins)("%s: conditions through relations", async (login) => {
    for (const model of world.models.filter((m) => sightOf(login).model(m))) {
      for (const member of followable(login, model)) {
        const field = shownFields(login, member.target).find((name) => !OPAQUE.has(typeOf(member.target, name)))
        const inner: Record<string, unknown>[] = [{ id: { isSet: true } }]
        if (field) {
          const value = rowsOf(member.target)
            .map((row) => row[field])
            .find((v) => (v ?? null) !== null)
          inner.push({ [field]: { isSet: true } }, { not: { [field]: { isSet: false } } })
          if (value !== undefined) inner.push({ [field]: value }, { not: { [field]: value } })
        }
        for (const where of inner) {
          const tested = member.kind === "one" ? [where] : [{ some: where }, { none: where }]
          for (const one of tested)
            await expectEvaluated(login, { model: model.name, select: ["id"], where: { [member.name]: one } })
        }
      }
    }
  })

  test("the rule about a record's parent is about that parent, not about the record itself", async () => {
    const note = modelOf("vault.Note")
    const mine = rowsOf(note).filter((row) => row["owner"] === personas.una.id && row["sealed"] === false)
    const below = rowsOf(note).filter((row) => mine.some(({ id }) => id === row["parent"]) && row["sealed"] === false)
    expect(below.some((row) => row["owner"] !== personas.una.id)).toBe(true)
    const { json } = await query("una", note, { select: ["id"], orderBy: ["id"] })
    const expected = new Set([...mine, ...below].map(({ id }) => id))
    expect(json.data.map((row: Json) => row.id)).toEqual([...expected].sort())
  })

  test("records of other services are as seen there", async () => {
    // Who has sales and people, but neither customers nor products.
    const order = modelOf("sales.Order")
    const { json, status } = await query("peter", order, {
      select: ["customer.name", "employee.name", "employee.salary", "lines.product.name", "lines.product.price"],
    })
    expect(status).toBe(200)
    for (const row of json.data) expect(row.customer).toMatchObject({ name: null, _masked: ["name"] })
  })
})

describe("T7 counts, pages and aggregates are of what may be seen", () => {
  test.each(logins)("%s", async (login) => {
    for (const model of world.models.filter((m) => sightOf(login).model(m))) {
      // What the logins of these tests left there goes by itself after minutes.
      if (model.name === "identity.Artifact") continue
      const shown = evaluateQuery({ model: model.name, select: ["id"] }, world.situation(login, dataset))
      const counted = await query(login, model, { select: ["id"], count: "exact", limit: 1 })
      expect(counted.json.count, `${login} ${model.name}`).toBe(shown.length)
      expect(counted.json.next === null).toBe(shown.length <= 1)
      const estimated = await query(login, model, { select: ["id"], count: "estimate", limit: 1 })
      expect(estimated.json.count).toBeLessThanOrEqual(rowsOf(model).length)
      if (shown.length > 1) {
        const page = await query(login, model, { select: ["id"], limit: shown.length })
        expect(page.json.next).toBeNull()
      }
      const fields = shownFields(login, model).filter((name) => !OPAQUE.has(typeOf(model, name)))
      for (const field of someOf(fields, 3)) {
        const numeric = ["integer", "money", "decimal"].includes(typeOf(model, field))
        const ordered = !["bool", "one", "uuid"].includes(typeOf(model, field))
        const aggregates: Record<string, string> = { n: "count", k: `count(${field})`, d: `countDistinct(${field})` }
        if (ordered) Object.assign(aggregates, { lo: `min(${field})`, hi: `max(${field})` })
        if (numeric) Object.assign(aggregates, { s: `sum(${field})`, a: `avg(${field})` })
        await expectEvaluated(login, { model: model.name, aggregates })
      }
      // Another service's title is not the evaluator's to know.
      const key = fields.find((name) => typeOf(model, name) !== "longText" && typeOf(model, name) !== "one")
      if (key) await expectEvaluated(login, { model: model.name, group: [key], aggregates: { n: "count" } })
    }
  })

  test("a cursor serves only who got it, and only for that question", async () => {
    const note = modelOf("vault.Note")
    const first = await query("clara", note, { select: ["id"], orderBy: ["title"], limit: 2 })
    const after = first.json.next as string
    expect((await query("clara", note, { select: ["id"], orderBy: ["title"], after })).status).toBe(200)
    for (const [login, body] of [
      ["tim", { orderBy: ["title"] }],
      ["clara", { orderBy: ["-title"] }],
      ["clara", { orderBy: ["title"], where: { title: { isSet: true } } }],
    ] as const) {
      expect(problem(await query(login, note, { select: ["id"], ...body, after }))).toEqual([400, "query.bad_cursor"])
    }
  })
})

describe("T8 what two roles give is joined cell by cell", () => {
  test("one's own rows with all fields, and all rows with their titles, are not all rows with all fields", async () => {
    const note = modelOf("vault.Note")
    const { json } = await query("clara", note, { select: ["title", "owner", "code", "amount", "body"], limit: 1000 })
    const own = json.data.filter((row: Json) => row._masked.length === 0)
    const others = json.data.filter((row: Json) => row._masked.length > 0)
    expect(own.length).toBeGreaterThan(0)
    expect(others.length).toBeGreaterThan(0)
    for (const row of others)
      expect(row).toMatchObject({ code: null, amount: null, body: null, _masked: ["code", "amount", "body"] })
    const mine = (row: Json): boolean => row.owner === personas.clara.id
    expect(own.every((row: Json) => mine(row) || rowsOf(note).some((r) => r["id"] === row.id && r["parent"]))).toBe(
      true,
    )
    expect(others.some(mine)).toBe(false)
  })

  test("another role never takes anything away", async () => {
    // Una has one of clara's two roles in the vault, tim the other; each of them sees a part of what clara would.
    const note = modelOf("vault.Note")
    const titles = async (login: Login) =>
      (await query(login, note, { select: ["title"], orderBy: ["id"], limit: 1000 })).json.data.map((r: Json) => [
        r.id,
        r.title,
      ])
    expect(await titles("clara")).toEqual(await titles("tim"))
    expect(problem(await query("tim", note, { select: ["code"] }))).toEqual(unknownField)
  })

  test("a role of one company counts for that company only, whatever other roles give", async () => {
    const ledger = modelOf("vault.Ledger")
    const { json } = await query("sven", ledger, { select: ["company"], limit: 1000 })
    expect(json.data.length).toBeGreaterThan(0)
    for (const row of json.data) expect(row.company).toBe(SOUTH)
  })
})

describe("T9 nobody, and those who have next to nothing", () => {
  test.each(["oscar", "ida"] as const)("%s, without any grant, gets nothing from any address", async (login) => {
    for (const model of world.models) {
      const id = String(rowsOf(model)[0]?.["id"] ?? nowhere)
      // What everybody sees of themself, and what is public.
      if (sightOf(login).model(model) || model.name === "vault.Announcement") continue
      for (const [path, asking] of [
        ...requestsAbout(model, id),
        [pathOf(model), {}] as const,
        [pathOf(model), { body: {} }] as const,
      ]) {
        if (path.endsWith("$resolve") && model.publicTitle) continue
        const answer = await ask(login, path, asking)
        const refused =
          answer.status === 403 || (answer.status === 200 && answer.json?.results?.[0]?.problem?.status === 403)
        expect(refused, `${login} ${asking.method ?? ""} ${path} ${answer.status} ${answer.text}`).toBe(true)
      }
    }
  })

  test("without a token nothing but what is granted to the public", async () => {
    for (const model of world.models) {
      const answer = await ask(null, pathOf(model))
      if (model.service !== "vault")
        expect([model.name, ...problem(answer)]).toEqual([model.name, 401, "auth.required"])
      else if (model.name !== "vault.Announcement") expect(answer.status).toBeOneOf([401, 403])
    }
    const { json } = await ask(null, "/api/vault/announcements")
    const published = rowsOf(modelOf("vault.Announcement")).filter((row) => row["published"] === true)
    expect(json.data.map((row: Json) => row.id).toSorted()).toEqual(published.map(({ id }) => id).toSorted())
    for (const row of json.data) expect(Object.keys(row).toSorted()).toEqual(["body", "id", "title"])
    for (const token of ["Bearer x", "Bearer dev:", "Basic eA==", "", "Bearer dev:alice x", "dev:alice"]) {
      const answer = await world.ask("/api/vault/announcements", { as: null, headers: { authorization: token } })
      expect(problem(answer), `${token}`).toEqual([401, "auth.invalid"])
    }
  })

  test("who works for no company sees the records of none; those of nobody belong to all where the model says so", async () => {
    expect((await ask("una", "/api/vault/ledgers?count=exact")).json).toMatchObject({ data: [], count: 0 })
    const calendars = (await ask("una", "/api/vault/calendars?select=company")).json.data
    expect(calendars.length).toBeGreaterThan(0)
    for (const row of calendars) expect(row.company).toBeNull()
  })

  test("the companies of a request are a part of one's own, never more", async () => {
    const companies = async (login: Login, header: string) => {
      const answer = await ask(login, "/api/vault/ledgers?select=company", { headers: { "x-companies": header } })
      return [...new Set(answer.json.data.map((row: Json) => row.company))].toSorted()
    }
    expect(await companies("martin", NORTH)).toEqual([NORTH])
    expect(await companies("martin", `${NORTH},${SOUTH},${WEST}`)).toEqual([NORTH, SOUTH].toSorted())
    expect(await companies("martin", WEST)).toEqual([])
    expect(await companies("martin", "")).toEqual([])
    expect(await companies("una", NORTH)).toEqual([])
  })

  test("an empty owner is nobody's, and a condition's negation does not open what is empty", async () => {
    const note = modelOf("vault.Note")
    for (const login of ["una", "clara", "martin"] as const) {
      for (const where of [
        { not: { owner: personas.alice.id } },
        { owner: { not: personas.alice.id } },
        { not: { not: { owner: { isSet: false } } } },
        { not: { or: [{ owner: { $me: "id" } }, { contact: null }] } },
        { parent: { not: { owner: { $me: "id" } } } },
        { not: { parent: { owner: { $me: "id" } } } },
      ]) {
        await expectEvaluated(login, { model: note.name, select: ["id"], where })
      }
    }
    const unas = (await query("una", note, { select: ["owner", "parent"] })).json.data
    for (const row of unas) expect(row.owner === personas.una.id || row.parent !== null).toBe(true)
  })

  test("a restriction holds for everybody, whatever their roles", async () => {
    const note = modelOf("vault.Note")
    const sealed = rowsOf(note).filter((row) => row["sealed"] === true)
    expect(sealed.length).toBeGreaterThan(0)
    for (const login of logins) {
      if (!sightOf(login).model(note)) continue
      const { json } = await query(login, note, { select: ["id"], limit: 1000, archived: "any" })
      for (const { id } of sealed) expect(json.data.map((row: Json) => row.id)).not.toContain(id)
    }
  })
})

describe("T26 what a question may cost has bounds", () => {
  const order = () => modelOf("sales.Order")
  const repeated = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
  const nested = (depth: number): object => (depth === 0 ? { number: "x" } : { not: nested(depth - 1) })
  const deep = (depth: number): SelectEntry =>
    depth === 0 ? "name" : { path: depth % 2 ? "parent" : "branches", select: [deep(depth - 1)] }
  const refusals: readonly (readonly [string, () => [ResolvedModel, object], string])[] = [
    ["a thousand selected names", () => [order(), { select: repeated(1_000, () => "number") }], "query.too_complex"],
    ["relations without end", () => [modelOf("crm.Customer"), { select: [deep(12)] }], "query.too_complex"],
    ["a page of everything", () => [order(), { limit: 1_000_000 }], "query.invalid"],
    ["a list of everything", () => [order(), { select: [{ path: "lines", limit: 1_000_000 }] }], "query.invalid"],
    ["conditions without end", () => [order(), { where: nested(31) }], "request.too_complex"],
    [
      "a thousand conditions",
      () => [order(), { where: { or: repeated(1_000, () => ({ number: "x" })) } }],
      "query.too_complex",
    ],
    [
      "a hundred thousand values",
      () => [order(), { where: { number: { in: repeated(10_001, String) } } }],
      "query.too_complex",
    ],
    ["a hundred order terms", () => [order(), { orderBy: repeated(100, () => "number") }], "query.too_complex"],
    ["a hundred groups", () => [order(), { group: repeated(100, () => "status") }], "query.too_complex"],
    [
      "a hundred aggregates",
      () => [order(), { aggregates: Object.fromEntries(repeated(100, (i) => [`a${i}`, "count"])) }],
      "query.too_complex",
    ],
    ["a search of a novel", () => [order(), { search: "x ".repeat(5_000) }], "query.invalid"],
    ["a cursor of a novel", () => [order(), { after: "x".repeat(5_000) }], "query.invalid"],
    ["two queries in one", () => [order(), [{ limit: 1 }, { limit: 1 }] as unknown as object], "query.invalid"],
  ]
  test.each(refusals)("%s", async (_, make, code) => {
    const [model, body] = make()
    expect(problem(await query("alice", model, body))).toEqual([400, code])
  })

  test("bodies and addresses", async () => {
    const headers = { "content-type": "application/json" }
    const path = "/api/sales/orders/$query"
    const send = (body: string) => ask("alice", path, { body, headers })
    expect(problem(await send(`{"search":"${"x".repeat(1_100_000)}"}`))).toEqual([413, "request.too_large"])
    expect(problem(await send("[".repeat(5_000) + "]".repeat(5_000)))).toEqual([400, "request.too_complex"])
    expect(problem(await ask("alice", `/api/sales/orders?note=${"x".repeat(9_000)}`))).toEqual([
      414,
      "request.url_too_long",
    ])
    const ids = repeated(1_001, () => nowhere)
    expect((await ask("alice", "/api/sales/orders/$resolve", { body: { ids } })).json.code).toBe("request.too_complex")
    const changes = repeated(1_001, () => ({ operation: "delete", id: nowhere }))
    expect((await ask("alice", "/api/sales/orders/$bulk", { body: { changes } })).json.code).toBe("request.too_complex")
  })

  test("patterns of a search are words, not patterns", async () => {
    for (const text of ["%", "_", "%%%%%%%%%%%%", "\\", "(((((a+)+)+)+)+)+$", ".*.*.*.*.*x"]) {
      for (const where of [{ note: { contains: text } }, { note: { startsWith: text } }]) {
        const answer = await query("alice", order(), { select: ["id"], where })
        expect([answer.status, answer.json.data]).toEqual([200, []])
      }
    }
  })
})

describe("T28 refusals say nothing of the inside", () => {
  const inside =
    /\b(select|insert|update|delete)\b[^"]*\b(from|into|set|where)\b|pg_|syntax error|relation "|constraint "|node_modules|\.ts:|at Object\.|ECONN/i
  test("at every address, whatever is sent", async () => {
    const junk: Omit<AskAs, "as">[] = [
      { body: "{", headers: { "content-type": "application/json" } },
      { body: { nosuch: 1 } },
      { body: [] },
      { body: { id: "'; drop table x; --", values: { name: "\u0001" } } },
      { body: { where: { id: { gte: "' or 1=1 --" } } } },
      { method: "PATCH", body: { version: "x" } },
      { method: "PUT", body: {} },
      { method: "DELETE" },
    ]
    for (const model of someOf(world.models, 5)) {
      for (const suffix of [
        "",
        "/$query",
        "/$resolve",
        "/$bulk",
        "/$draft",
        "/$upsert?key=id",
        "/$export",
        "/'%20or%20''='",
        "/$nosuch",
      ]) {
        for (const asking of junk) {
          const answer = await ask("clara", pathOf(model) + suffix, asking)
          if (answer.status < 400) continue
          expect(answer.text, `${pathOf(model)}${suffix}`).not.toMatch(inside)
          expect(answer.headers.get("content-type")).toBe("application/problem+json")
          expect(answer.json).toMatchObject({ status: answer.status, traceId: answer.headers.get("x-trace-id") })
        }
      }
    }
  })

  test("and the log names the rule, never a value", () => {
    const lines = world.logged.map((line) => JSON.parse(line) as Json)
    expect(lines.some((line) => line.code === "access.denied")).toBe(true)
    const said = tokensOf(world.logged.join("\n"))
    const values = [...world.canaries(null, dataset)].filter((token) => !/^[\da-f]{8}-/.test(token))
    expect(values.length).toBeGreaterThan(500)
    expect([...said.intersection(new Set(values))]).toEqual([])
  })
})
