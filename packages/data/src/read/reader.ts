/**
 * Executes authorised queries on PostgreSQL: one statement each, whose answer is JSON text already.
 *
 * @module
 */
import { ArchipelError, type AuthorisedQuery, mirrorsUsed } from "@archipel/core"
import type { Database, Queryable } from "../postgres/database.ts"
import type { StopSignal } from "../postgres/stop-signal.ts"
import { searchPatterns } from "../schema/search-expression.ts"
import { bindParameters, type BindingSource } from "../sql/parameters.ts"
import { type JsonFunction, jsonFunctionOf } from "../sql/statement-builder.ts"
import { createSeal, decodeCursor, encodeCursor, type Seal } from "./cursor.ts"
import { groupSql } from "./group-sql.ts"
import { estimateSql, EXACT_COUNT, exportSql, pageSql } from "./page-sql.ts"
import { Plan, PlanCache } from "./plan-cache.ts"
import type { PlanVariant } from "./rows-sql.ts"
import { searchVariant } from "./search-sql.ts"

/** A page as the database made it: JSON text, not parsed on the way. */
export interface Page {
  /** A JSON array of objects: records, or groups. */
  readonly data: string
  readonly next: string | null
  readonly previous: string | null
  readonly count?: number
  /** What is kept here of other services' records and decided the answer. */
  readonly kept?: readonly KeptAsOf[]
}

/** A mirrored model, and the instant of its owner's records that were here. */
export interface KeptAsOf {
  readonly model: string
  /** ISO 8601. */
  readonly asOf: string
}

export interface ReadOptions {
  /** The instant of the request, ISO 8601; the present when left out. */
  readonly now?: string
  /** Stops the statement, on the server too. */
  readonly signal?: StopSignal
  /** What the query's conditions on other services' records found there: ids, in the order of `conditionsElsewhere`. */
  readonly found?: BindingSource["found"]
  /** A transaction to read in, so that its own writes are seen; a shared connection when left out. */
  readonly queryable?: Queryable
}

export interface ExportOptions extends Pick<ReadOptions, "now" | "signal" | "found"> {
  /** Records of a batch. Default 500. */
  readonly batchRows?: number
}

export interface Reader {
  /**
   * The answer of a query: a page of records, or its groups, in one statement (two where an estimated count is over 10,000).
   *
   * @throws as `AuthorisedQuery.tree`, and `query.invalid`, `query.bad_cursor`; of the database `deadline.exceeded`,
   *   `database.busy`, `database.unavailable`
   */
  page(authorised: AuthorisedQuery, options?: ReadOptions): Promise<Page>
  /** All records of a query as JSON texts, whatever its limit and cursor, all of one moment and in flat memory. */
  export(authorised: AuthorisedQuery, options?: ExportOptions): AsyncIterable<readonly string[]>
}

export interface ReaderOptions {
  readonly database: Database
  /** Keys the checks of cursors; the same for all processes of a service, at least 16 bytes. */
  readonly secret: string | Buffer
  /** Compiled plans that are kept. Default 1,000, of a few kilobytes each. */
  readonly maxPlans?: number
  /**
   * Asked before a statement that looks at what is kept of other services' records. What it throws is thrown instead of an answer
   * that would be wrong.
   */
  readonly keptAsOf?: (models: readonly string[]) => readonly KeptAsOf[]
}

interface ReadPlan {
  readonly plan: Plan
  /** A page comes with what its cursors are made of; a record and groups are one text. */
  readonly shape: "record" | "page" | "group"
  readonly isBackward: boolean
  /** Whether there is a page on the side that was come from. */
  readonly hasCursor: boolean
  /** For an estimated count over the exact ones. */
  readonly estimate: Plan | undefined
  /** The mirrored models that it looks at. */
  readonly mirrors: readonly string[]
}

const MIN_SECRET_BYTES = 16

/** @throws RangeError if the secret is too short to be one. */
export function createReader({ database, secret, maxPlans = 1_000, keptAsOf }: ReaderOptions): Reader {
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) {
    throw new RangeError(`The secret of cursors has at least ${MIN_SECRET_BYTES} bytes.`)
  }
  const seal = createSeal(secret)
  const plans = new PlanCache<ReadPlan>(maxPlans)
  let jsonOf: JsonFunction | undefined
  const asOf = (mirrors: readonly string[]): Pick<Page, "kept"> =>
    mirrors.length === 0 || !keptAsOf ? {} : { kept: keptAsOf(mirrors) }

  return {
    async page(authorised, given = {}) {
      const { signal, queryable = database } = given
      const json = (jsonOf ??= jsonFunctionOf(await database.version()))
      const source = bindingSource(authorised, given, seal)
      const variant = variantOf(authorised, source)
      const { plan, shape, isBackward, hasCursor, estimate, mirrors } = plans.get(planKey(authorised, variant), () =>
        compile(authorised, variant, json),
      )
      const values = bindParameters(plan.parameters, source)
      const options = signal ? { signal } : undefined
      const kept = asOf(mirrors)
      if (shape !== "page") {
        const data = await queryable.text(plan.use(), values, options)
        return {
          data: shape === "group" ? (data ?? "[]") : data === null ? "[]" : `[${data}]`,
          next: null,
          previous: null,
          ...kept,
        }
      }
      const row = await queryable.cells(plan.use(), values, options)
      if (!row) throw new Error("A page's statement gives one row.")
      const [data, edgeKeys, ...others] = row
      const startKeys = hasCursor ? others.shift() : null
      const [counted] = others
      const cursor = (keys: string | null | undefined): string | null =>
        keys == null ? null : encodeCursor(keys, authorised, seal)
      const edge = cursor(edgeKeys)
      const start = cursor(startKeys)
      const page: Page = {
        data: data ?? "[]",
        next: isBackward ? start : edge,
        previous: isBackward ? edge : start,
        ...kept,
      }
      if (counted == null) return page
      const count = Number(counted)
      if (!estimate || count <= EXACT_COUNT) return { ...page, count }
      return { ...page, count: Math.max(count, await estimatedRows(estimate, source, queryable, options)) }
    },

    async *export(authorised, given = {}) {
      const { signal, batchRows } = given
      const tree = authorised.tree()
      if (tree.kind !== "page") {
        throw new ArchipelError("query.invalid", {
          errors: [{ path: "/group", code: "query.invalid", detail: "Groups are not exported." }],
        })
      }
      asOf(mirrorsUsed(tree))
      const source = { ...bindingSource(authorised, given, seal), cursor: undefined }
      jsonOf ??= jsonFunctionOf(await database.version())
      const { text, parameters } = exportSql(tree, { ...variantOf(authorised, source), cursor: undefined }, jsonOf)
      const batches = database.batches<{ readonly data: string }>({ text }, bindParameters(parameters, source), {
        ...(signal ? { signal } : {}),
        ...(batchRows ? { batchRows } : {}),
      })
      for await (const rows of batches) yield rows.map(({ data }) => data)
    },
  }
}

function bindingSource(
  authorised: AuthorisedQuery,
  { now = new Date().toISOString(), found }: Pick<ReadOptions, "now" | "found">,
  seal: Seal,
): BindingSource {
  const { query, values, principal } = authorised
  // A plan may be known under this key by a query with one of them only, and so would not be asked again.
  if (query.after !== undefined && query.before !== undefined) authorised.tree()
  const given = query.after ?? query.before
  const cursor = given === undefined ? undefined : decodeCursor(given, authorised, seal)
  return { values, principal, now, cursor, ...(found ? { found } : {}) }
}

function variantOf({ query }: AuthorisedQuery, { cursor }: BindingSource): PlanVariant {
  return {
    cursor: cursor?.map((value) => value === null),
    search: typeof query.search === "string" ? searchVariant(searchPatterns(query.search).length) : 0,
  }
}

function planKey({ key, query }: AuthorisedQuery, { cursor, search }: PlanVariant): string {
  if (!cursor && query.search === undefined) return key
  return `${cursor?.map((isEmpty) => (isEmpty ? "0" : "1")).join("") ?? ""}/${search}|${key}`
}

function compile(authorised: AuthorisedQuery, variant: PlanVariant, jsonOf: JsonFunction): ReadPlan {
  const tree = authorised.tree()
  const mirrors = mirrorsUsed(tree)
  if (tree.kind === "group") {
    const plan = new Plan(groupSql(tree, variant, jsonOf))
    return { plan, shape: "group", isBackward: false, hasCursor: false, estimate: undefined, mirrors }
  }
  if (variant.cursor && variant.cursor.length !== tree.orderBy.length) throw new ArchipelError("query.bad_cursor", {})
  const compiled = pageSql(tree, variant, jsonOf)
  return {
    plan: new Plan(compiled),
    shape: compiled.shape,
    isBackward: tree.last || tree.cursor?.direction === "before",
    hasCursor: tree.cursor !== undefined,
    estimate: tree.count === "estimate" ? new Plan(estimateSql(tree, variant)) : undefined,
    mirrors,
  }
}

async function estimatedRows(
  estimate: Plan,
  source: BindingSource,
  queryable: Queryable,
  options: { readonly signal: StopSignal } | undefined,
): Promise<number> {
  const text = await queryable.text(estimate.use(), bindParameters(estimate.parameters, source), options)
  const [explained] = JSON.parse(text ?? "[]") as { readonly Plan: { readonly "Plan Rows": number } }[]
  return explained?.Plan["Plan Rows"] ?? 0
}
