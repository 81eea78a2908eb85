import { ArchipelError, type Change, parseBulk, parseChange, type ResolvedModel, toProblem } from "@archipel/core"
import { settleFiles } from "../files/file-values.ts"
import type { BulkResult, ChangeAnswer, DraftRequest } from "@archipel/data"
import { patchTypes, readJson, readJsonObject } from "./body.ts"
import { entityTag, idempotencyOf, versionOfIfMatch } from "./conditions.ts"
import type { Exchange, MemberTarget, ModelTarget, RecordTarget } from "./exchange.ts"
import { onlyParams, readParams } from "./params.ts"
import { json, noContent, type Reply } from "./reply.ts"

type Values = Readonly<Record<string, unknown>>

const malformed = (path: string, code: string, detail: string) =>
  new ArchipelError("request.invalid", { errors: [{ path, code, detail }] })

/** The record as text, with the warnings of the write in it; its id alone if it may not be read. */
function recordText({ id, data, warnings }: ChangeAnswer): string {
  const record = data ?? JSON.stringify({ id })
  if (warnings.length === 0) return record
  return `${record.slice(0, record.lastIndexOf("}"))},"_warnings":${JSON.stringify(warnings)}}`
}

const tagOf = ({ version }: ChangeAnswer): Readonly<Record<string, string>> =>
  version === null ? {} : { etag: entityTag(version) }

/** Makes the change; a version that came by If-Match is a precondition, so that its failure is 412 and not 409. */
async function change(exchange: Exchange, { runtime }: ModelTarget, made: Change, body: string, byHeader = false) {
  const settled = await settleFiles(exchange.files, runtime.definition.catalog, made)
  try {
    return await runtime.change(exchange.principal, settled, exchange.flight, idempotencyOf(exchange, body))
  } catch (error) {
    if (byHeader && error instanceof ArchipelError && error.code === "record.version_conflict") {
      const { model, id } = error.details as { readonly model: string; readonly id: string }
      throw new ArchipelError("record.precondition_failed", { model, id }, { cause: error })
    }
    throw error
  }
}

const locationOf = ({ service, collection }: ResolvedModel, id: string) => `/api/${service}/${collection}/${id}`

export async function createRecord(exchange: Exchange, target: ModelTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const { text, value } = await readJsonObject(exchange.request, exchange.limits.bodyBytes)
  const { id, ...values } = value
  const made = parseChange({ operation: "create", ...(id === undefined ? {} : { id }), values }, target.model.name)
  const answer = await change(exchange, target, made, text)
  return json(recordText(answer), 201, { location: locationOf(target.model, answer.id), ...tagOf(answer) })
}

/** The version seen, from If-Match or from the body; both may be given if they agree. */
function seenVersion(fromHeader: number | undefined, fromBody: unknown): { readonly version?: unknown } {
  if (fromHeader !== undefined && fromBody !== undefined && fromBody !== fromHeader) {
    throw malformed("/version", "version.contradiction", "If-Match and the body name different versions.")
  }
  const version = fromHeader ?? fromBody
  return version === undefined ? {} : { version }
}

export async function updateRecord(exchange: Exchange, target: RecordTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const byHeader = versionOfIfMatch(exchange.request, target)
  const { text, value } = await readJsonObject(exchange.request, exchange.limits.bodyBytes, patchTypes)
  const { version, ...values } = value
  const made = parseChange(
    { operation: "update", id: target.id, ...seenVersion(byHeader, version), values },
    target.model.name,
  )
  const answer = await change(exchange, target, made, text, byHeader !== undefined)
  return json(recordText(answer), 200, tagOf(answer))
}

export async function deleteRecord(exchange: Exchange, target: RecordTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const version = versionOfIfMatch(exchange.request, target)
  const made: Change = {
    operation: "delete",
    model: target.model.name,
    id: target.id,
    ...(version === undefined ? {} : { version }),
  }
  await change(exchange, target, made, "", version !== undefined)
  return noContent()
}

/** `PUT …/$upsert?key=code`: creates, or updates the record that has the same values in that unique key. */
export async function upsertRecord(exchange: Exchange, target: ModelTarget): Promise<Reply> {
  const key = onlyParams(readParams(exchange.search), ["key"]).get("key")
  if (key === undefined || key === "") {
    throw malformed("", "key.missing", "Name the fields of a unique key: ?key=code.")
  }
  const { text, value } = await readJsonObject(exchange.request, exchange.limits.bodyBytes)
  const made = parseChange({ operation: "upsert", key: key.split(","), values: value }, target.model.name)
  const answer = await change(exchange, target, made, text)
  return json(recordText(answer), 200, { "content-location": locationOf(target.model, answer.id), ...tagOf(answer) })
}

async function optionalBody(exchange: Exchange): Promise<{ readonly text: string; readonly value: Values }> {
  const { headers } = exchange.request
  const empty =
    headers.get("content-length") === "0" || (!headers.has("content-length") && !headers.has("transfer-encoding"))
  return empty ? { text: "", value: {} } : readJsonObject(exchange.request, exchange.limits.bodyBytes)
}

/** A transition, an action, or archive and restore. The body is the input; If-Match names the version seen. */
export async function invoke(exchange: Exchange, target: MemberTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const { model, id, name } = target
  const byHeader = versionOfIfMatch(exchange.request, target)
  const { text, value } = await optionalBody(exchange)
  const own = model.actions.has(name) || isTransition(model, name)
  const base = { model: model.name, id, ...(byHeader === undefined ? {} : { version: byHeader }) }
  if (!own && (name === "archive" || name === "restore")) {
    if (Object.keys(value).length > 0) throw malformed("", "input.unknown", "Nothing is given here.")
    const answer = await change(exchange, target, { ...base, operation: name }, text, byHeader !== undefined)
    return json(recordText(answer), 200, tagOf(answer))
  }
  const made: Change = { ...base, operation: "invoke", action: name, input: value }
  const answer = await change(exchange, target, made, text, byHeader !== undefined)
  if (!model.actions.has(name)) return json(recordText(answer), 200, tagOf(answer))
  const record = answer.data === null ? "null" : recordText(answer)
  return json(`{"output":${answer.output ?? "null"},"data":${record}}`, 200, tagOf(answer))
}

const isTransition = (model: ResolvedModel, name: string): boolean =>
  model.columns.some((m) => m.kind === "field" && m.transitions !== undefined && Object.hasOwn(m.transitions, name))

/** Whether a record of the model has this verb. */
export const hasVerb = (model: ResolvedModel, name: string): boolean =>
  model.actions.has(name) || isTransition(model, name) || (model.archive && (name === "archive" || name === "restore"))

const resultText = (result: BulkResult, instance: string, traceId: string): string => {
  if (!result.ok) return `{"ok":false,"problem":${JSON.stringify(toProblem(result.error, { instance, traceId }))}}`
  const { id, version, data, warnings, output } = result.answer
  const said = output === undefined ? "" : `,"output":${output}`
  return `{"ok":true,"id":${JSON.stringify(id)},"version":${version},"data":${data ?? "null"},"warnings":${JSON.stringify(warnings)}${said}}`
}

/** Several changes of one collection: each for itself, or with `"atomic": true` all or nothing. */
export async function bulk(exchange: Exchange, { runtime, model }: ModelTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const { text, value } = await readJson(exchange.request, exchange.limits.bodyBytes)
  const { atomic, changes } = parseBulk(value, model.name)
  const settled: Change[] = []
  for (const each of changes) settled.push(await settleFiles(exchange.files, runtime.definition.catalog, each))
  const results = await runtime.bulk(
    exchange.principal,
    settled,
    { atomic },
    exchange.flight,
    idempotencyOf(exchange, text),
  )
  for (const result of results) if (!result.ok) exchange.report(result.error)
  const texts = results.map((result, i) =>
    resultText(result, `${exchange.path}#/changes/${i}`, exchange.flight.traceId),
  )
  return json(`{"results":[${texts.join(",")}]}`)
}

/** What a form would get: suggestions, computed values, errors; nothing is written. */
export async function draft(exchange: Exchange, { runtime, model }: ModelTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const { value } = await readJsonObject(exchange.request, exchange.limits.bodyBytes)
  const { id, version, values, ...rest } = value
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined)
    throw malformed(`/${unknown.slice(0, 60)}`, "name.unknown", "Only id, version and values are known here.")
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw malformed("/values", "type", "The values are an object: fields by name.")
  }
  if (id !== undefined && (typeof id !== "string" || id.length > 200))
    throw malformed("/id", "type", "An id is a text.")
  if (version !== undefined && !Number.isInteger(version)) {
    throw malformed("/version", "type", "A version is a whole number.")
  }
  const request: DraftRequest = {
    model: model.name,
    values: values as Values,
    ...(id === undefined ? {} : { id }),
    ...(version === undefined ? {} : { version: version as number }),
  }
  return json(JSON.stringify(await runtime.draft(exchange.principal, request, exchange.flight)))
}
