import {
  ArchipelError,
  assertMayExplain,
  type AuthorisedQuery,
  authoriseChange,
  authoriseQuery,
  explainAccess,
  isoTime,
  isSystem,
  type Principal,
  type Query,
  rightsOf,
  type ServiceDefinition,
  systemPrincipal,
} from "@archipel/core"
import { type Database, type Discussions, holdingConditions, type Reader, type Writer } from "@archipel/data"
import type { Composer } from "./composer.ts"
import { recordHistory } from "./history.ts"
import type { Mirrors } from "./mirror/mirrors.ts"
import { offeredRecords } from "./mirror/offer.ts"
import type { ComposedPage, RequestContext, ServiceRuntime } from "./service-runtime.ts"

export interface LocalServiceOptions {
  readonly definition: ServiceDefinition
  readonly database: Database
  readonly reader: Reader
  readonly writer: Writer
  readonly discussions: Discussions
  readonly composer: Composer
  readonly mirrors: Pick<Mirrors, "states" | "asOf">
  readonly now: () => Date
}

/** A service whose database is reached from this process: the gate, then the source, then its neighbours' parts. */
export function localService(options: LocalServiceOptions): ServiceRuntime {
  const { definition, database, reader, writer, discussions, composer, mirrors, now } = options
  /** A rule that looks at what has not come yet would let through what it should not. The system has no rules. */
  const assertRulesHold = (principal: Principal): void => {
    if (!isSystem(principal)) mirrors.asOf(definition.ruledBy)
  }
  const authorise = (principal: Principal, query: Query): AuthorisedQuery =>
    authoriseQuery(rightsOf(definition, principal), principal, query)
  const instant = (): string => isoTime(now().getTime())

  const query = async (principal: Principal, asked: Query, context: RequestContext): Promise<ComposedPage> => {
    const authorised = authorise(principal, asked)
    const options = { now: instant(), ...signalOf(context) }
    if (!composer.isNeeded(authorised)) return await reader.page(authorised, options)
    const found = await composer.found(authorised, context)
    const page = await reader.page(authorised, found ? { ...options, found } : options)
    return { ...page, ...(await composer.composed(page.data, authorised, context)) }
  }

  return {
    definition,
    discussions,
    query,
    queryElsewhere: composer.elsewhere,
    async get(principal, model, id, { select, can }, context) {
      const one = { model, where: { id }, limit: 1, archived: "any" } as const
      const asked: Query = { ...one, ...(select ? { select } : {}), ...(can ? { can } : {}) }
      const { data, partial } = await query(principal, asked, context)
      if (data === "[]") throw new ArchipelError("record.not_found", { model, id })
      return { data: data.slice(1, -1), ...(partial ? { partial } : {}) }
    },
    async change(principal, change, context, idempotency) {
      assertRulesHold(principal)
      return writer.change(authoriseChange(rightsOf(definition, principal), principal, change), {
        ...context,
        ...signalOf(context),
        ...(idempotency ? { idempotency } : {}),
      })
    },
    async bulk(principal, changes, options, context, idempotency) {
      assertRulesHold(principal)
      return writer.bulk(principal, changes, {
        ...options,
        traceId: context.traceId,
        ...signalOf(context),
        ...(idempotency ? { idempotency } : {}),
      })
    },
    async draft(principal, request, context) {
      assertRulesHold(principal)
      return writer.draft(principal, request, { traceId: context.traceId, ...signalOf(context) })
    },
    async *export(principal, asked, context) {
      const authorised = authorise(principal, asked)
      const found = await composer.found(authorised, context)
      const options = { now: instant(), ...signalOf(context), ...(found ? { found } : {}) }
      for await (const batch of reader.export(authorised, options)) {
        if (!composer.isNeeded(authorised)) yield batch
        else {
          const { data } = await composer.composed(`[${batch.join()}]`, authorised, { ...context, mayBePartial: false })
          yield (JSON.parse(data) as object[]).map((row) => JSON.stringify(row))
        }
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
    history: (principal, of, context) =>
      recordHistory(
        { definition, database, query: (asked) => query(principal, asked, context) },
        principal,
        of,
        context,
      ),
    async transaction(principal, run, context) {
      assertRulesHold(principal)
      return writer.transaction(principal, run, { traceId: context.traceId, ...signalOf(context) })
    },
    assertMayExplain: (asker, model) => assertMayExplain(definition, asker, model),
    async explain(asker, principal, question, context) {
      const inquiry = explainAccess(definition, asker, principal, question)
      const { id } = question
      if (id === undefined) return inquiry.conclude(undefined)
      assertRulesHold(principal)
      const { model } = inquiry.behaviour
      const { conditions } = inquiry
      const asked = { model, id, conditions, principal, now: instant() }
      return inquiry.conclude((await holdingConditions(database, asked, signalOf(context))) ?? null)
    },
    mirror: (principal, request, context) =>
      offeredRecords(principal, request, {
        definition,
        database,
        query: (as, asked) => query(as, asked, context),
      }),
    mirrors: () => mirrors.states(),
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
