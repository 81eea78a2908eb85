/**
 * A table made into records: each row for itself, through the gate.
 *
 * @module
 */
import {
  ArchipelError,
  type Change,
  type ChangeValues,
  type Executor,
  type FieldMember,
  kindOf,
  type Mistake,
  type Principal,
  type Query,
  Refusal,
  type ResolvedModel,
} from "@archipel/core"
import type { RequestContext, ServiceRuntime } from "../service-runtime.ts"
import { cellOf, type Found, findByText, type ImportError } from "./import-cells.ts"
import type { ImportColumn, ImportColumns } from "./import-columns.ts"
import { importLimits, type ImportRequest } from "./import-request.ts"

/** What came of an import. */
export interface ImportAnswer {
  readonly dryRun: boolean
  readonly rows: number
  readonly created: number
  readonly updated: number
  /** Rows of which nothing was kept. */
  readonly failed: number
  readonly ignored: readonly string[]
  /** In the order of the rows; at most 1,000. */
  readonly errors: readonly ImportError[]
}

interface Importing {
  readonly runtime: ServiceRuntime
  readonly principal: Principal
  readonly context: RequestContext
  readonly model: ResolvedModel
  readonly columns: ImportColumns
  readonly request: ImportRequest
}

/** A row as the change that it asks for, and the state that it ends in. */
interface Row {
  readonly number: number
  readonly change: Change & { readonly values: ChangeValues }
  readonly state: string | undefined
}

/** The header is row 1. */
const FIRST_ROW = 2

/** The texts of each reference's column, looked up in one query for 500. */
async function references({
  runtime,
  principal,
  context,
  model,
  columns,
  request,
}: Importing): Promise<Map<ImportColumn, Found>> {
  const found = new Map<ImportColumn, Found>()
  for (const column of columns.columns) {
    const { member, by, index } = column
    if (member.kind !== "one" || !by) continue
    const ask = async (query: Query): Promise<string> => {
      const asks = member.target.service === model.service ? runtime.query : runtime.queryElsewhere
      return (await asks(principal, query, context)).data
    }
    const texts = request.rows.map((row) => row[index] ?? "").filter((text) => text !== "")
    const id = member.target.members.get("id") as FieldMember
    const ids = by === id ? new Map<string, string>() : await findByText(id, texts, ask)
    // What is an id of the target's is one, whatever else it could be.
    found.set(column, new Map([...(await findByText(by, texts, ask)), ...ids]))
  }
  return found
}

function valueOf(column: ImportColumn, text: string, found: Found | undefined): ReturnType<typeof cellOf> {
  const { member } = column
  if (member.kind !== "one" || text === "") return cellOf(column, text)
  const id = found?.get(text)
  if (id === undefined)
    return {
      ok: false,
      code: "reference.missing",
      detail: `${member.name}: there is no such ${member.to}, or you may not read it.`,
    }
  if (id === null)
    return {
      ok: false,
      code: "reference.ambiguous",
      detail: `${member.name}: several records of ${member.to} are called so.`,
    }
  return { ok: true, value: id }
}

/** The rows as changes; what cannot be one is told. */
async function rowsOf(importing: Importing, say: (error: ImportError) => void): Promise<Row[]> {
  const { runtime, principal, context, model, columns, request } = importing
  const { key } = columns
  const found = await references(importing)
  const keys = key ? request.rows.map((row) => row[key.index] ?? "").filter((text) => text !== "") : []
  const known = key
    ? await findByText(
        key.member as FieldMember,
        keys,
        async (query) => (await runtime.query(principal, query, context)).data,
      )
    : new Map<string, string>()
  const seen = new Set<string>()
  const rows: Row[] = []
  for (const [index, texts] of request.rows.entries()) {
    const number = index + FIRST_ROW
    const values: Record<string, unknown> = {}
    let isWrong = false
    const wrong = (column: string | null, code: string, detail: string): void => {
      isWrong = true
      say({ row: number, column, code, detail })
    }
    if (texts.length > request.columns.length)
      wrong(null, "row.too_long", "The row has more cells than there are columns.")
    let state: string | undefined
    for (const column of columns.columns) {
      const text = texts[column.index] ?? ""
      if (column.use === "state") state = text === "" ? undefined : text
      if (column.use !== "value") continue
      const cell = valueOf(column, text, found.get(column))
      if (cell.ok) values[column.member.name] = cell.value
      else wrong(column.header, cell.code, cell.detail)
    }
    const text = key ? (texts[key.index] ?? "") : ""
    if (key && text === "") wrong(key.header, "value.required", `${key.member.name} says which record it is.`)
    else if (key && seen.has(text)) wrong(key.header, "key.repeated", "An earlier row is of the same record.")
    seen.add(text)
    if (isWrong) continue
    const id = key ? known.get(text) : undefined
    rows.push({ number, state, change: id ? updateOf(model, id, values) : createOf(model, values, columns, texts) })
  }
  return rows
}

const updateOf = (model: ResolvedModel, id: string, values: ChangeValues) =>
  ({ operation: "update", model: model.name, id, values }) as const

/** An empty cell of a new record is one that nobody named: its default holds. */
function createOf(model: ResolvedModel, values: ChangeValues, { columns }: ImportColumns, texts: readonly string[]) {
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
  const own = columns.find(({ use }) => use === "id")
  const id = own ? (texts[own.index] ?? "") : ""
  return { operation: "create", model: model.name, ...(id === "" ? {} : { id }), values: given } as const
}

/** The transitions on the shortest way between two states; undefined where there is none. */
export function wayBetween({ transitions = {} }: FieldMember, from: string, to: string): readonly string[] | undefined {
  const ways = new Map<string, readonly string[]>([[from, []]])
  for (const [at, way] of ways) {
    if (at === to) return way
    for (const [name, transition] of Object.entries(transitions))
      if (transition.from.includes(at) && !ways.has(transition.to)) ways.set(transition.to, [...way, name])
  }
  return undefined
}

/** Leads a record to the state that its row names, by transitions with the caller's rights. */
async function reach(
  executor: Executor,
  model: ResolvedModel,
  field: FieldMember,
  id: string,
  to: string,
): Promise<void> {
  const query = { model: model.name, select: [field.name], where: { id }, limit: 1, archived: "any" } as const
  const [record] = JSON.parse((await executor.query(query)).data) as Readonly<Record<string, string>>[]
  const from = record?.[field.name] ?? (field.values?.[0] as string)
  const way = field.values?.includes(to) ? wayBetween(field, from, to) : undefined
  if (!way) {
    const detail = `No transitions lead from ${from} to ${to.slice(0, 60)}.`
    throw new ArchipelError("record.invalid", { errors: [{ path: `/${field.name}`, code: "value.choice", detail }] })
  }
  for (const action of way) await executor.change({ operation: "invoke", model: model.name, action, id })
}

/** Undoes a dry run's transaction. */
class Undone extends Error {}

/** Why a row was not taken, by the column that it is about where that is known. */
function refused(error: unknown, { number }: Row, { columns }: ImportColumns): readonly ImportError[] {
  const at = (path: string): string | null => columns.find(({ member }) => `/${member.name}` === path)?.header ?? null
  if (error instanceof Refusal) return [{ row: number, column: null, code: error.code, detail: error.message }]
  if (!(error instanceof ArchipelError) || error.code === "internal") throw error
  const details = error.details as { readonly errors?: readonly Mistake[]; readonly fields?: readonly string[] }
  if (kindOf(error.code).status >= 500) throw error
  if (details.errors)
    return details.errors.map(({ path, code, detail }) => ({ row: number, column: at(path), code, detail }))
  const [field] = details.fields ?? []
  return [
    {
      row: number,
      column: field === undefined ? null : at(`/${field}`),
      code: error.code,
      detail: kindOf(error.code).detail(error.details as never),
    },
  ]
}

/** Changes of one bulk. */
const BATCH = 500

async function performAlone(importing: Importing, row: Row): Promise<void> {
  const { runtime, principal, context, model, columns, request } = importing
  const states = columns.columns.find(({ use }) => use === "state")
  try {
    await runtime.transaction(
      principal,
      async (executor) => {
        const { id } = await executor.change(row.change)
        if (states && row.state !== undefined) await reach(executor, model, states.member as FieldMember, id, row.state)
        if (request.dryRun) throw new Undone()
      },
      context,
    )
  } catch (error) {
    if (!(error instanceof Undone)) throw error
  }
}

/**
 * Makes the rows records: each in a transaction of its own, in their order, so that one that is refused keeps none of the others. With
 * `dryRun` every row is done and undone: all is checked, numbers of sequences aside nothing stays, and a row does not see those before it.
 *
 * @param extend Called while it goes on.
 * @throws what is nobody's mistake: a service that is away, a database that is busy. The rows before it are kept.
 */
export async function runImport(importing: Importing, extend: () => void): Promise<ImportAnswer> {
  const { runtime, principal, context, columns, request } = importing
  const errors: ImportError[] = []
  const failed = new Set<number>()
  const say = (error: ImportError): void => {
    failed.add(error.row)
    if (errors.length < importLimits.errors) errors.push(error)
  }
  const rows = await rowsOf(importing, say)
  const done = { create: 0, update: 0 }
  const count = ({ change }: Row): void => void done[change.operation as "create" | "update"]++
  const isAlone = request.dryRun || rows.some(({ state }) => state !== undefined)
  for (let from = 0; from < rows.length; from += BATCH) {
    extend()
    const batch = rows.slice(from, from + BATCH)
    if (isAlone) {
      for (const row of batch) {
        try {
          await performAlone(importing, row)
          count(row)
        } catch (error) {
          for (const each of refused(error, row, columns)) say(each)
        }
      }
      continue
    }
    const changes = batch.map(({ change }) => change)
    const results = await runtime.bulk(principal, changes, { atomic: false, records: false }, context)
    for (const [i, result] of results.entries()) {
      const row = batch[i] as Row
      if (result.ok) count(row)
      else for (const each of refused(result.error, row, columns)) say(each)
    }
  }
  return {
    dryRun: request.dryRun,
    rows: request.rows.length,
    created: done.create,
    updated: done.update,
    failed: failed.size,
    ignored: columns.ignored,
    errors: errors.toSorted((a, b) => a.row - b.row),
  }
}
