import {
  ArchipelError,
  type AuthorisedDiscussion,
  authoriseQuery,
  type Dataset,
  evaluateGroups,
  evaluateQuery,
  type Principal,
  type Query,
  queryLimits,
  rightsOf,
  type ServiceDefinition,
} from "@archipel/core"
import type { Composer } from "../composer.ts"
import type { MirrorPart, MirrorRequest } from "../mirror/exchange.ts"
import type { Service } from "../service.ts"
import type { ComposedPage, RequestContext, ServiceRuntime } from "../service-runtime.ts"

export interface FakeRuntimeOptions {
  /** Of the contract made lax: everybody may read it, and nothing else. */
  readonly definition: ServiceDefinition
  readonly logic: Service["logic"]
  readonly dataset: Dataset
  readonly composer: Composer
  readonly now: () => Date
}

/** The cursor of whoever mirrors made-up records, and the ids that these are all of. */
const MADE_UP = "made-up"
const WHOLE = { after: null, upTo: null } as const

/**
 * A service of made-up records that can be read and not changed: what stands for one that is not there, in development. Pages end where
 * their limit does.
 */
export function fakeRuntime({ definition, logic, dataset, composer, now }: FakeRuntimeOptions): ServiceRuntime {
  const { catalog, name } = definition
  const query = async (principal: Principal, asked: Query, context: RequestContext): Promise<ComposedPage> => {
    const authorised = authoriseQuery(rightsOf(definition, principal), principal, asked)
    const situation = { catalog, logics: logic, principal, now: now().toISOString(), dataset }
    const isGrouped = asked.group !== undefined || asked.aggregates !== undefined
    const rows = isGrouped ? evaluateGroups(asked, situation) : evaluateQuery(asked, situation)
    const page = rows.slice(0, asked.limit ?? (isGrouped ? queryLimits.page : queryLimits.defaultPage))
    return {
      ...(await composer.composed(JSON.stringify(page), authorised, context)),
      next: null,
      previous: null,
      ...(asked.count === undefined ? {} : { count: rows.length }),
    }
  }
  const refuse = async (model?: string): Promise<never> => {
    throw new ArchipelError("access.denied", {
      operation: `change made-up records of ${name}`,
      ...(model === undefined ? {} : { model }),
    })
  }
  const said = (of: AuthorisedDiscussion): Promise<never> => refuse(of.model.name)
  const nothingSaid = async () => ({ data: [], next: null })
  return {
    definition,
    query,
    queryElsewhere: composer.elsewhere,
    discussions: {
      comments: nothingSaid,
      attachments: nothingSaid,
      comment: said,
      attach: said,
      attachment: said,
      remove: said,
    },
    async get(principal, model, id, { select }, context) {
      const asked: Query = { model, where: { id }, limit: 1, archived: "any", ...(select ? { select } : {}) }
      const { data, partial } = await query(principal, asked, context)
      if (data === "[]") throw new ArchipelError("record.not_found", { model, id })
      return { data: data.slice(1, -1), ...(partial ? { partial } : {}) }
    },
    async titles(principal, model, ids, context) {
      const title = catalog.models.get(model)?.title
      if (title === undefined) throw new ArchipelError("query.unknown_model", { model })
      const asked: Query = { model, select: ["id", title], where: { id: { in: ids } }, limit: 1_000, archived: "any" }
      const rows = JSON.parse((await query(principal, asked, context)).data) as Record<string, string | null>[]
      return new Map(rows.map((row) => [row["id"] as string, String(row[title])]))
    },
    async *export(principal, asked, context) {
      const { data } = await query(principal, { ...asked, limit: queryLimits.page }, context)
      yield (JSON.parse(data) as object[]).map((row) => JSON.stringify(row))
    },
    // All of them at once: they are few, and never change.
    async mirror(principal, { models, cursor }, context) {
      const part = async ({ model, fields }: MirrorRequest["models"][number]): Promise<MirrorPart> => {
        const asked: Query = { model, select: ["id", ...fields], limit: queryLimits.page, archived: "any" }
        const { data } = await query(principal, asked, context)
        return { model, records: JSON.parse(data) as MirrorPart["records"], gone: [], range: WHOLE }
      }
      const parts = cursor === MADE_UP ? [] : await Promise.all(models.map(part))
      return { parts, cursor: MADE_UP, isCurrent: true }
    },
    mirrors: () => [],
    history: (_principal, { model }) => refuse(model),
    change: (_principal, { model }) => refuse(model),
    bulk: () => refuse(),
    draft: (_principal, { model }) => refuse(model),
    transaction: () => refuse(),
    explain: (_principal, _asked, { model }) => refuse(model),
    assertMayExplain(_asker, model) {
      throw new ArchipelError("access.denied", { model, operation: "explain" })
    },
    ready: async () => true,
  }
}
