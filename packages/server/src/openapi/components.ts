import { jsonSchemas, queryLimits, type SchemaName } from "@archipel/core"
import { activitySchemas } from "./record-activity.ts"
import { ref, type Schema } from "./schemas.ts"

/** What every document has, whatever its services. @module */

const text: Schema = { type: "string" }
const cursor: Schema = { type: ["string", "null"], description: "For `after` or `before`; null where there is none." }

const mistakes: Schema = { type: "array", items: ref("Mistake") }

/** What the language itself says of its JSON, with references as a document here has them. */
const { Where, SelectEntry, Query, Mistake, Problem } = JSON.parse(
  JSON.stringify(jsonSchemas).replaceAll('"#/$defs/', '"#/components/schemas/'),
) as Readonly<Record<SchemaName, Schema>>

export const commonSchemas: Readonly<Record<string, Schema>> = {
  ...activitySchemas,
  Problem,
  Mistake,
  Where,
  SelectEntry,
  Query,
  PartialAnswer: {
    type: "object",
    description:
      "There where services did not answer whose records or titles belong in `data`: these are marked `_unavailable`.",
    properties: { services: { type: "array", items: text, minItems: 1 } },
    required: ["services"],
  },
  UnavailableRecord: {
    type: "object",
    description: "A record of a service that does not answer now: its id, and nothing else of what was selected.",
    properties: { id: { ...text, format: "uuid" }, _unavailable: { const: true } },
    required: ["id", "_unavailable"],
    additionalProperties: true,
  },
  FileReference: {
    type: "object",
    properties: {
      id: { ...text, format: "uuid" },
      name: text,
      type: { ...text, description: "Media type." },
      sizeBytes: { type: "integer", format: "int64" },
    },
    required: ["id"],
  },
  Draft: {
    type: "object",
    properties: {
      patch: { type: "object", additionalProperties: true },
      errors: mistakes,
      warnings: { type: "array", items: { type: "object", properties: { path: text, code: text } } },
      fields: {
        type: "object",
        additionalProperties: {
          type: "object",
          properties: { readonly: { type: "boolean" }, required: { type: "boolean" } },
        },
      },
    },
    required: ["patch", "errors", "warnings", "fields"],
  },
  ImportAnswer: {
    type: "object",
    properties: {
      dryRun: { type: "boolean" },
      rows: { type: "integer" },
      created: { type: "integer" },
      updated: { type: "integer" },
      failed: { type: "integer" },
      ignored: { type: "array", items: text },
      errors: {
        type: "array",
        items: {
          type: "object",
          properties: { row: { type: "integer" }, column: { type: ["string", "null"] }, code: text, detail: text },
          required: ["row", "column", "code", "detail"],
        },
      },
    },
    required: ["dryRun", "rows", "created", "updated", "failed", "ignored", "errors"],
  },
  BulkResult: {
    anyOf: [
      {
        type: "object",
        properties: {
          ok: { const: true },
          id: text,
          version: { type: ["integer", "null"] },
          data: { type: ["object", "null"], additionalProperties: true },
          warnings: { type: "array", items: { type: "object" } },
        },
        required: ["ok", "id", "version", "data"],
      },
      { type: "object", properties: { ok: { const: false }, problem: ref("Problem") }, required: ["ok", "problem"] },
    ],
  },
}

/** A page of records. */
export const pageSchema = (items: Schema): Schema => ({
  type: "object",
  properties: {
    data: { type: "array", items },
    next: cursor,
    previous: cursor,
    count: { type: "integer", description: "There where it was asked for." },
    partial: ref("PartialAnswer"),
  },
  required: ["data", "next"],
})

const problem = (description: string): Schema => ({
  description,
  headers: { "X-Trace-Id": { $ref: "#/components/headers/TraceId" } },
  content: { "application/problem+json": { schema: ref("Problem") } },
})

export const commonResponses: Readonly<Record<string, Schema>> = {
  BadRequest: problem("The request is malformed, or names a field that does not exist or may not be read."),
  Unauthorized: problem("There is no valid access token."),
  Forbidden: problem("The record may be read, but this is not allowed."),
  NotFound: problem("There is no such record, or it may not be read."),
  Conflict: problem(
    "The body's version is stale, the record exists already, is locked or in use, or its state does not allow this.",
  ),
  PreconditionFailed: problem("The version in If-Match is stale."),
  Unprocessable: problem("Values are not valid, or a rule refused; all mistakes at once."),
  Unavailable: problem("The service or its database does not answer; Retry-After says when to try again."),
}

export const commonParameters: Readonly<Record<string, Schema>> = {
  id: { name: "id", in: "path", required: true, schema: { type: "string", format: "uuid" } },
  IfMatch: {
    name: "If-Match",
    in: "header",
    schema: text,
    description: 'The version seen, as in ETag: `"3"`. A stale one is refused with 412.',
  },
  IdempotencyKey: {
    name: "Idempotency-Key",
    in: "header",
    schema: { ...text, maxLength: 255 },
    description: "Makes it safe to send this again: for 24 hours the same key gets the same answer.",
  },
  select: list("select", "Dotted paths, through references and lists: `number,customer.name,lines.product`."),
  orderBy: list("orderBy", "Paths; `-` before one means descending. Not by long texts, JSON and files."),
  where: parameter(
    "where",
    { ...text, contentMediaType: "application/json" },
    "A condition as JSON; the short forms are `status=draft`, `total[gte]=100`, `status[in]=draft,confirmed`, `customer.name[contains]=a`.",
  ),
  search: parameter(
    "search",
    { ...text, maxLength: queryLimits.search },
    "Words that all occur in the record's texts.",
  ),
  limit: parameter("limit", {
    type: "integer",
    minimum: 1,
    maximum: queryLimits.page,
    default: queryLimits.defaultPage,
  }),
  after: parameter("after", text, "A cursor: the page after it."),
  before: parameter("before", text, "A cursor: the page before it."),
  last: parameter("last", { const: "true" }, "The last page."),
  count: parameter("count", { enum: ["exact", "estimate"] }),
  can: parameter("can", { const: "true" }, "Each record says in `_can` what may be done with it."),
  archived: parameter("archived", { enum: ["exclude", "any", "only"], default: "exclude" }),
  group: list("group", "Fields, references, or periods: `customer`, `date:month`."),
  aggregates: list("aggregates", "`revenue:sum(total),orders:count`."),
}

function parameter(name: string, schema: Schema, description?: string): Schema {
  return { name, in: "query", schema, ...(description ? { description } : {}) }
}

function list(name: string, description: string): Schema {
  return { ...parameter(name, { type: "array", items: text }, description), style: "form", explode: false }
}

export const commonHeaders: Readonly<Record<string, Schema>> = {
  TraceId: { schema: { ...text, pattern: "^[0-9a-f]{32}$" }, description: "Leads to the request in the logs." },
  ArchipelPartial: {
    schema: text,
    description:
      "Services that did not answer, whose records are marked `_unavailable`. Such an answer is not to be kept.",
  },
  ETag: { schema: text, description: "The record's version, for If-Match." },
}
