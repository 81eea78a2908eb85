import type { PathItem, Responses } from "./operations.ts"
import { ref, type Schema } from "./schemas.ts"
import type { VisibleModel } from "./visible-model.ts"

/**
 * What happened to a record, and what people say of it.
 *
 * @module
 */

const text: Schema = { type: "string" }
const uuid: Schema = { type: "string", format: "uuid" }
const nullable = (schema: Schema): Schema => ({ anyOf: [schema, { type: "null" }] })
const said = {
  id: uuid,
  at: { type: "string", format: "date-time" },
  author: nullable(uuid),
  _can: { type: "array", items: { const: "delete" } },
}
const requiredOf = (properties: object): string[] => Object.keys(properties)
const object = (properties: Readonly<Record<string, Schema>>, required = requiredOf(properties)): Schema => ({
  type: "object",
  properties,
  required,
})

const comment = { ...said, text, mentions: { type: "array", items: uuid } }
const attachment = { ...said, file: ref("FileReference") }

/** Components of every document. */
export const activitySchemas: Readonly<Record<string, Schema>> = {
  HistoryEntry: object(
    {
      at: said.at,
      operation: { ...text, description: "create, update, delete, commented, attached, …" },
      action: { ...text, description: "The transition or action that did it." },
      version: { type: "integer" },
      actor: object({ kind: text, id: nullable(text) }),
      line: object({ model: text, id: uuid }),
      changes: {
        type: "object",
        description: "By field what was and what is, by list what became of its lines; as far as it may be seen.",
        additionalProperties: true,
      },
    },
    ["at", "operation", "version", "actor", "changes"],
  ),
  RecordComment: object(comment),
  RecordAttachment: object(attachment),
}

const pageOf = (items: Schema): Schema => object({ data: { type: "array", items }, next: nullable(text) })

const query = (name: string, schema: Schema): Schema => ({ name, in: "query", schema })
const range = [query("limit", { type: "integer", minimum: 1, maximum: 200, default: 50 }), query("after", text)]

/** The addresses below a record, by what follows its own. */
export function activityItems(
  { model, operations }: VisibleModel,
  { discussion, named }: { readonly discussion: { readonly attach: boolean } | undefined; readonly named: string },
  {
    operation,
    parameter,
    body,
    answer,
    ofRecord,
    ofChange,
  }: {
    operation(verb: string, rest: object): Schema
    parameter(name: string): Schema
    body(schema: Schema): Schema
    answer(description: string, schema: Schema): Schema
    readonly ofRecord: Responses
    readonly ofChange: Responses
  },
): Readonly<Record<string, PathItem>> {
  if (!operations.has("read")) return {}
  const id = parameter("id")
  const item = { name: "item", in: "path", required: true, schema: uuid }
  const one = model.localName
  const removal = (verb: string, summary: string) =>
    operation(verb, { summary, responses: { 204: { description: "It is gone." }, ...ofChange } })
  const items: Record<string, PathItem> = {
    $history: {
      parameters: [id],
      get: operation(`historyOf${one}`, {
        summary: `What happened to ${named}`,
        parameters: range,
        responses: { 200: answer("Newest first.", pageOf(ref("HistoryEntry"))), ...ofRecord },
      }),
    },
  }
  if (!discussion) return items
  items["$comments"] = {
    parameters: [id],
    get: operation(`commentsOf${one}`, {
      summary: `What people say of ${named}`,
      parameters: range,
      responses: { 200: answer("Newest first.", pageOf(ref("RecordComment"))), ...ofRecord },
    }),
    post: operation(`addCommentTo${one}`, {
      summary: `Comment on ${named}`,
      parameters: [parameter("IdempotencyKey")],
      requestBody: body({
        ...object(
          {
            text: { ...text, minLength: 1, maxLength: 10_000 },
            mentions: { type: "array", items: uuid, maxItems: 50 },
          },
          ["text"],
        ),
        additionalProperties: false,
      }),
      responses: { 201: answer("The comment.", ref("RecordComment")), ...ofChange },
    }),
  }
  items["$comments/{item}"] = {
    parameters: [id, item],
    delete: removal(`removeCommentOf${one}`, `Remove a comment on ${named}`),
  }
  items["$attachments"] = {
    parameters: [id],
    get: operation(`attachmentsOf${one}`, {
      summary: `Files attached to ${named}`,
      parameters: range,
      responses: { 200: answer("Newest first.", pageOf(ref("RecordAttachment"))), ...ofRecord },
    }),
    ...(discussion.attach
      ? {
          post: operation(`attachTo${one}`, {
            summary: `Attach a file to ${named}`,
            parameters: [parameter("IdempotencyKey")],
            requestBody: body({
              ...object({ file: object({ id: uuid }) }),
              additionalProperties: false,
            }),
            responses: { 201: answer("The attachment.", ref("RecordAttachment")), ...ofChange },
          }),
        }
      : {}),
  }
  items["$attachments/{item}"] = {
    parameters: [id, item],
    get: operation(`downloadAttachmentOf${one}`, {
      summary: `The bytes of a file attached to ${named}`,
      responses: { 200: { description: "The file.", content: { "application/octet-stream": {} } }, ...ofRecord },
    }),
    delete: removal(`detachFrom${one}`, `Remove a file attached to ${named}`),
  }
  return items
}
