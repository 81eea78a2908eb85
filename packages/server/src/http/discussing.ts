/**
 * Comments and attachments of a record: `/{id}/$comments`, `/{id}/$attachments`.
 *
 * @module
 */
import {
  ArchipelError,
  type AuthorisedDiscussion,
  authoriseDiscussion,
  characterCount,
  type DiscussionOperation,
  isUuid,
  rightsOf,
} from "@archipel/core"
import { readJsonObject } from "./body.ts"
import { idempotencyOf } from "./conditions.ts"
import type { Exchange, ItemTarget, RecordTarget } from "./exchange.ts"
import { pageRangeOf, type PageRange } from "./page-range.ts"
import { onlyParams, readParams } from "./params.ts"
import { json, noContent, type Reply } from "./reply.ts"
import { fileReply } from "./transfers.ts"

/** The written bounds of what is said. */
export const discussionLimits = {
  /** Comments, or attachments, of a page. */
  page: 200,
  defaultPage: 50,
  /** Characters of a comment. */
  text: 10_000,
  mentions: 50,
} as const

function authorised(
  exchange: Exchange,
  { runtime, model, id }: RecordTarget,
  operation: DiscussionOperation,
): AuthorisedDiscussion {
  const rights = rightsOf(runtime.definition, exchange.principal)
  return authoriseDiscussion(rights, exchange.principal, { model: model.name, id, operation })
}

/** @throws `query.bad_cursor` for what is no id */
function rangeOf({ search }: Exchange): PageRange {
  const range = pageRangeOf(search, discussionLimits)
  if (range.after !== undefined && !isUuid(range.after)) throw new ArchipelError("query.bad_cursor", {})
  return range
}

const invalid = (path: string, code: string, detail: string) =>
  new ArchipelError("request.invalid", { errors: [{ path, code, detail }] })

function commentOf(value: Readonly<Record<string, unknown>>): {
  readonly text: string
  readonly mentions: readonly string[]
} {
  const { text, mentions = [], ...others } = value
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw invalid(`/${unknown.slice(0, 60)}`, "name.unknown", "Only text and mentions are known here.")
  if (typeof text !== "string" || text.trim() === "") throw invalid("/text", "value.required", "A comment has a text.")
  if (characterCount(text) > discussionLimits.text)
    throw invalid("/text", "value.too_long", `A comment has at most ${discussionLimits.text} characters.`)
  if (text.includes("\0")) throw invalid("/text", "value.character", "A text contains no NUL.")
  const isList = Array.isArray(mentions) && mentions.length <= discussionLimits.mentions
  if (!isList || !mentions.every((each) => typeof each === "string" && isUuid(each)))
    throw invalid("/mentions", "value.type", `Mentions are at most ${discussionLimits.mentions} ids of users.`)
  return { text, mentions: [...new Set((mentions as string[]).map((each) => each.toLowerCase()))] }
}

export async function listComments(exchange: Exchange, target: RecordTarget): Promise<Reply> {
  const of = authorised(exchange, target, "read")
  return json(JSON.stringify(await target.runtime.discussions.comments(of, rangeOf(exchange), exchange.flight)))
}

export async function addComment(exchange: Exchange, target: RecordTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const of = authorised(exchange, target, "comment")
  const { text, value } = await readJsonObject(exchange.request, exchange.limits.bodyBytes)
  const idempotency = idempotencyOf(exchange, text)
  const options = { ...contextOf(exchange), ...(idempotency ? { idempotency } : {}) }
  return json(JSON.stringify(await target.runtime.discussions.comment(of, commentOf(value), options)), 201)
}

export const removeComment = (exchange: Exchange, target: ItemTarget): Promise<Reply> =>
  remove(exchange, target, "comments")

export async function listAttachments(exchange: Exchange, target: RecordTarget): Promise<Reply> {
  const of = authorised(exchange, target, "read")
  return json(JSON.stringify(await target.runtime.discussions.attachments(of, rangeOf(exchange), exchange.flight)))
}

/** The body names a file that was uploaded before: `{ "file": { "id": … } }`. */
export async function addAttachment(exchange: Exchange, target: RecordTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const of = authorised(exchange, target, "attach")
  const { text, value } = await readJsonObject(exchange.request, exchange.limits.bodyBytes)
  const named = (value["file"] ?? {}) as { readonly id?: unknown }
  if (Object.keys(value).some((name) => name !== "file") || typeof named.id !== "string")
    throw invalid("/file", "value.type", 'An attachment is { "file": { "id": … } }.')
  const file = await exchange.files?.take(named.id)
  if (!file) {
    const detail = "There is no file with that id: upload it first."
    throw new ArchipelError("record.invalid", { errors: [{ path: "/file", code: "file.unknown", detail }] })
  }
  const idempotency = idempotencyOf(exchange, text)
  const options = { ...contextOf(exchange), ...(idempotency ? { idempotency } : {}) }
  return json(JSON.stringify(await target.runtime.discussions.attach(of, file, options)), 201)
}

export async function downloadAttachment(exchange: Exchange, target: ItemTarget): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const of = authorised(exchange, target, "read")
  return fileReply(exchange, await target.runtime.discussions.attachment(of, target.item, exchange.flight))
}

export const removeAttachment = (exchange: Exchange, target: ItemTarget): Promise<Reply> =>
  remove(exchange, target, "attachments")

async function remove(exchange: Exchange, target: ItemTarget, what: "comments" | "attachments"): Promise<Reply> {
  onlyParams(readParams(exchange.search), [])
  const of = authorised(exchange, target, "remove")
  await target.runtime.discussions.remove(of, what, target.item, contextOf(exchange))
  return noContent()
}

const contextOf = ({ flight: { traceId, signal } }: Exchange) => ({ traceId, signal })
