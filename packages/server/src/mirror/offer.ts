/**
 * A service's side of mirrors: which of its records changed, page by page.
 *
 * @module
 */
import {
  accessDenied,
  ArchipelError,
  isSystem,
  type Principal,
  type Query,
  type ResolvedModel,
  rightsOf,
  type ServiceDefinition,
} from "@archipel/core"
import { type Database, feedPosition, type FeedPosition, isFeedPosition, touchedRecords } from "@archipel/data"
import { type MirrorAnswer, mirrorLimits, type MirrorPart, type MirrorRequest } from "./exchange.ts"

export interface OfferOptions {
  readonly definition: ServiceDefinition
  readonly database: Database
  /** Through the gate. */
  readonly query: (principal: Principal, query: Query) => Promise<{ readonly data: string }>
}

/** Where somebody is: all records of one model after another first, by id, then what changed since that began. */
interface Cursor {
  readonly position: FeedPosition
  readonly filling?: { readonly model: number; readonly after: string | null }
}

type Row = Readonly<Record<string, unknown>> & { readonly id: string }

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

/** @returns undefined for what is no cursor of this version: whoever has it begins anew */
function cursorOf(text: string | null): Cursor | undefined {
  if (text === null || text.length > mirrorLimits.cursor) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const { position, filling } = (value ?? {}) as { readonly position?: unknown; readonly filling?: unknown }
  if (!isFeedPosition(position)) return undefined
  if (filling === undefined) return { position }
  const { model, after } = (filling ?? {}) as { readonly model?: unknown; readonly after?: unknown }
  const isPlace = Number.isSafeInteger(model) && (after === null || (typeof after === "string" && UUID.test(after)))
  return isPlace ? { position, filling: { model: model as number, after: after as string | null } } : undefined
}

const isText = (value: unknown): value is string => typeof value === "string"

/** @throws `request.invalid` for what is no request, `request.too_complex` */
function assertRequest({ models, cursor, limit }: MirrorRequest): void {
  const isModels =
    Array.isArray(models) &&
    models.every((each) => isText(each?.model) && Array.isArray(each.fields) && each.fields.every(isText))
  const isLimit = Number.isSafeInteger(limit) && limit >= 1 && limit <= mirrorLimits.records
  if (!isModels || !isLimit || (cursor !== null && !isText(cursor))) {
    throw new ArchipelError("request.invalid", {
      errors: [{ path: "", code: "type", detail: "A mirror names models with fields, a cursor and a limit." }],
    })
  }
  if (models.length > mirrorLimits.models)
    throw new ArchipelError("request.too_complex", { what: "models", limit: mirrorLimits.models })
  if (models.some(({ fields }) => fields.length > mirrorLimits.fields))
    throw new ArchipelError("request.too_complex", { what: "fields", limit: mirrorLimits.fields })
}

/**
 * The models of a request. A service that keeps copies must be let read every row of the fields in question: a row that its rights
 * take away without being changed itself would leave no trace.
 *
 * @throws `access.denied`, `query.unknown_model`, `query.unknown_field`
 */
function assertOffered(
  definition: ServiceDefinition,
  principal: Principal,
  { models }: MirrorRequest,
): ResolvedModel[] {
  if (principal.kind !== "service" && !isSystem(principal)) throw accessDenied(definition.name, "mirror")
  const rights = rightsOf(definition, principal)
  return models.map(({ model: name, fields }) => {
    const model = definition.models.get(name)?.model
    if (!model || model.owner) throw new ArchipelError("query.unknown_model", { model: name })
    const mine = rights.of(model)
    if (mine.read.kind !== "true") throw accessDenied(name, "mirror")
    for (const field of fields) {
      const member = model.members.get(field)
      const isColumn = member?.kind === "field" || member?.kind === "one"
      const readable = isColumn ? mine.readable(member) : undefined
      if (readable === undefined || readable.kind === "false")
        throw new ArchipelError("query.unknown_field", { model: name, field })
      if (readable.kind !== "true") throw accessDenied(name, `mirror ${field} of`)
    }
    return model
  })
}

/**
 * What to keep of these models, in pages: every record first, then those that changed, each as it is when it is told of. Whoever
 * writes each page together with its cursor has, after the last, what was committed when that was asked for.
 *
 * Two statements a page, and one for each model that changed.
 *
 * @throws `access.denied`, `query.unknown_model`, `query.unknown_field`: the caller may not keep these
 */
export async function offeredRecords(
  principal: Principal,
  request: MirrorRequest,
  { definition, database, query }: OfferOptions,
): Promise<MirrorAnswer> {
  assertRequest(request)
  assertOffered(definition, principal, request)
  const { models, limit } = request
  const begin = async (): Promise<Cursor> => ({
    position: await feedPosition(database),
    filling: { model: 0, after: null },
  })
  const rows = async (index: number, asked: Partial<Query>): Promise<Row[]> => {
    const { model, fields } = models[index] as MirrorRequest["models"][number]
    const { data } = await query(principal, { model, select: ["id", ...fields], archived: "any", limit, ...asked })
    return JSON.parse(data) as Row[]
  }
  const page = async (cursor: Cursor): Promise<MirrorAnswer> => {
    const { position, filling } = cursor
    const asked = filling && models[filling.model]
    if (filling && asked) {
      const { model: index, after } = filling
      const where = after === null ? {} : { where: { id: { gt: after } } }
      const records = await rows(index, { ...where, orderBy: ["id"] })
      const upTo = records.length < limit ? null : (records.at(-1) as Row).id
      const next = upTo === null ? { model: index + 1, after: null } : { model: index, after: upTo }
      const isFilled = next.model >= models.length
      return {
        parts: [{ model: asked.model, records, gone: [], range: { after, upTo } }],
        cursor: JSON.stringify({ position, ...(isFilled ? {} : { filling: next }) } satisfies Cursor),
        isCurrent: false,
      }
    }
    const names = models.map(({ model }) => model)
    const touched = await touchedRecords(database, names, position, limit)
    // The database is another than when the cursor was given out.
    if (!touched) return page(await begin())
    const parts = await Promise.all(
      [...touched.ids].map(async ([model, ids]): Promise<MirrorPart> => {
        const records = await rows(names.indexOf(model), { where: { id: { in: ids } } })
        const there = new Set(records.map(({ id }) => id))
        return { model, records, gone: ids.filter((id) => !there.has(id)) }
      }),
    )
    return {
      parts,
      cursor: JSON.stringify({ position: touched.position } satisfies Cursor),
      isCurrent: touched.isComplete,
    }
  }
  return page(cursorOf(request.cursor) ?? (await begin()))
}
