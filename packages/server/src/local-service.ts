import {
  ArchipelError,
  type AuthorisedQuery,
  authoriseChange,
  authoriseQuery,
  type Principal,
  type Query,
  rightsOf,
  type ServiceDefinition,
  systemPrincipal,
} from "@archipel/core"
import type { Database, Reader, Writer } from "@archipel/data"
import { composeGroups, composePage, needsNeighbours } from "./compose.ts"
import type { Neighbours } from "./neighbour.ts"
import type { QueryAnswer, RequestContext, ServiceRuntime } from "./service-runtime.ts"

export interface LocalServiceOptions {
  readonly definition: ServiceDefinition
  readonly database: Database
  readonly reader: Reader
  readonly writer: Writer
  readonly neighbours: Neighbours
  readonly now: () => Date
}

/** Remembered query shapes; what falls out is decided anew. */
const MAX_SHAPES = 2_000

/** Whether a query could need another service, seen from its text alone: the cheap test before the true one. */
const mayNeedNeighbours = (query: Query): boolean =>
  query.group !== undefined ||
  (query.select?.some((entry) => typeof entry !== "string" || entry.includes(".")) ?? false)

/** A service whose database is reached from this process: the gate, then the source, then its neighbours' parts. */
export function localService(options: LocalServiceOptions): ServiceRuntime {
  const { definition, database, reader, writer, neighbours, now } = options
  const composed = new Map<string, boolean>()

  const isComposed = (authorised: AuthorisedQuery): boolean => {
    if (!mayNeedNeighbours(authorised.query)) return false
    const known = composed.get(authorised.key)
    if (known !== undefined) return known
    const needs = needsNeighbours(authorised)
    if (composed.size >= MAX_SHAPES) composed.delete(composed.keys().next().value as string)
    composed.set(authorised.key, needs)
    return needs
  }

  const compose = (data: string, authorised: AuthorisedQuery, context: RequestContext): Promise<string> => {
    const tree = authorised.tree()
    return tree.kind === "page"
      ? composePage(data, tree, neighbours, authorised.principal, context)
      : composeGroups(data, tree, neighbours, authorised.principal, context)
  }

  const authorise = (principal: Principal, query: Query): AuthorisedQuery =>
    authoriseQuery(rightsOf(definition, principal), principal, query)
  const instant = (): string => now().toISOString()

  const query = async (principal: Principal, asked: Query, context: RequestContext): Promise<QueryAnswer> => {
    const authorised = authorise(principal, asked)
    const page = await reader.page(authorised, { now: instant(), ...signalOf(context) })
    return isComposed(authorised) ? { ...page, data: await compose(page.data, authorised, context) } : page
  }

  return {
    definition,
    query,
    async get(principal, model, id, select, context) {
      const asked: Query = { model, where: { id }, limit: 1, archived: "any", ...(select ? { select } : {}) }
      const { data } = await query(principal, asked, context)
      if (data === "[]") throw new ArchipelError("record.not_found", { model, id })
      return data.slice(1, -1)
    },
    change: (principal, change, context, idempotency) =>
      writer.change(authoriseChange(rightsOf(definition, principal), principal, change), {
        ...context,
        ...signalOf(context),
        ...(idempotency ? { idempotency } : {}),
      }),
    bulk: (principal, changes, { atomic }, context) =>
      writer.bulk(principal, changes, { atomic, traceId: context.traceId, ...signalOf(context) }),
    draft: (principal, request, context) =>
      writer.draft(principal, request, { traceId: context.traceId, ...signalOf(context) }),
    async *export(principal, asked, context) {
      const authorised = authorise(principal, asked)
      for await (const batch of reader.export(authorised, { now: instant(), ...signalOf(context) })) {
        if (!isComposed(authorised)) yield batch
        else
          yield (JSON.parse(await compose(`[${batch.join()}]`, authorised, context)) as object[]).map((row) =>
            JSON.stringify(row),
          )
      }
    },
    async titles(principal, model, ids, context) {
      const target = definition.models.get(model)?.model
      if (!target) throw new ArchipelError("query.unknown_model", { model })
      const as = target.publicTitle ? systemPrincipal("a public title") : principal
      const { data } = await query(
        as,
        { model, select: ["id", target.title], where: { id: { in: ids } }, limit: 1_000, archived: "any" },
        context,
      )
      const rows = JSON.parse(data) as Record<string, string | null>[]
      return new Map(
        rows.flatMap((row) => (row[target.title] === null ? [] : [[row["id"] as string, String(row[target.title])]])),
      )
    },
    transaction: (principal, run, context) =>
      writer.transaction(principal, run, { traceId: context.traceId, ...signalOf(context) }),
    async ready() {
      try {
        await database.query({ text: "select 1" }, [], { deadlineMs: 2_000 })
        return true
      } catch {
        return false
      }
    },
  }
}

const signalOf = ({ signal }: RequestContext) => (signal ? { signal } : {})
