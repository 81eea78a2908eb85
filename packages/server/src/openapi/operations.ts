import { discussionRights, humanName, type ResolvedInvocation, type ResolvedModel, type Rights } from "@archipel/core"
import { pageSchema } from "./components.ts"
import { activityItems } from "./record-activity.ts"
import { createExample, idSchema, inputsSchema, ref, type Schema, type SchemaNames } from "./schemas.ts"
import type { VisibleModel } from "./visible-model.ts"

/** What the operations of a model are described with. */
export interface Describing {
  readonly names: SchemaNames
  /** In names of operations: "" or "sales". */
  readonly prefix: string
  readonly tag: string
  readonly models: ReadonlyMap<string, VisibleModel>
  readonly rights: Rights
}

export type Responses = Readonly<Record<string, Schema>>

const response = (name: string): Schema => ({ $ref: `#/components/responses/${name}` })
const parameter = (name: string): Schema => ({ $ref: `#/components/parameters/${name}` })
/** The `id` of a path: a common parameter where ids are UUIDs. */
const idParameter = (model: ResolvedModel): Schema => {
  const schema = idSchema(model)
  return schema["format"] === "uuid" ? parameter("id") : { name: "id", in: "path", required: true, schema }
}
const header = (name: string): Schema => ({ $ref: `#/components/headers/${name}` })

const always: Responses = {
  400: response("BadRequest"),
  401: response("Unauthorized"),
  403: response("Forbidden"),
  503: response("Unavailable"),
}
const ofRecord: Responses = { ...always, 404: response("NotFound") }
const ofChange: Responses = {
  ...ofRecord,
  409: response("Conflict"),
  412: response("PreconditionFailed"),
  422: response("Unprocessable"),
}

const body = (schema: Schema, example?: object, type = "application/json"): Schema => ({
  required: true,
  content: { [type]: { schema, ...(example ? { example } : {}) } },
})

const answer = (description: string, schema: Schema, headers: Responses = {}): Schema => ({
  description,
  headers: { "X-Trace-Id": header("TraceId"), ...headers },
  content: { "application/json": { schema } },
})

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
const camel = (kebab: string) => kebab.replaceAll(/-([a-z0-9])/g, (_, c: string) => c.toUpperCase())

const pageParameters = [
  "select",
  "where",
  "search",
  "orderBy",
  "limit",
  "after",
  "before",
  "last",
  "count",
  "can",
  "group",
  "aggregates",
]
const exportParameters = ["select", "where", "search", "orderBy"]

/** Conditions on own fields, as plain parameters. */
function fieldParameters({ columns }: VisibleModel): readonly Schema[] {
  return columns
    .filter(
      ({ member, readable }) =>
        readable !== "never" && !(member.kind === "field" && ["json", "file", "image"].includes(member.type)),
    )
    .map(({ member }) => {
      const isChoice = member.kind === "field" && member.values !== undefined
      return {
        name: member.name,
        in: "query",
        schema: isChoice ? { type: "string", enum: member.values } : { type: "string" },
      }
    })
}

const partial: Responses = { "Archipel-Partial": header("ArchipelPartial") }

/** The record as an answer, with its version. */
const recordAnswer = (
  visible: VisibleModel,
  { names }: Describing,
  description: string,
  headers: Responses = {},
): Schema =>
  answer(
    description,
    visible.operations.has("read") ? ref(names.of(visible.model)) : { type: "object", additionalProperties: true },
    { ETag: header("ETag"), ...headers },
  )

export type PathItem = Record<string, unknown>

function collectionItem(
  visible: VisibleModel,
  to: Describing,
  operation: (verb: string, rest: object) => Schema,
): PathItem {
  const { model, operations } = visible
  const item: PathItem = {}
  const archived = model.archive ? [parameter("archived")] : []
  if (operations.has("read")) {
    item["get"] = operation(`list${capital(camel(model.collection))}`, {
      summary: `List ${words(model.collection)}`,
      description: "Conditions on fields are parameters; an operator stands in brackets: `name[contains]=a`.",
      parameters: [...pageParameters.map(parameter), ...archived, ...fieldParameters(visible)],
      responses: {
        200: answer("A page.", pageSchema(ref(to.names.of(model))), {
          Link: { schema: { type: "string" }, description: "The neighbouring pages (RFC 8288)." },
          ...partial,
        }),
        ...always,
      },
    })
  }
  if (operations.has("create")) {
    item["post"] = operation(`create${model.localName}`, {
      summary: `Create ${article(words(model.localName))}`,
      parameters: [parameter("IdempotencyKey")],
      requestBody: body(ref(`${to.names.of(model)}Create`), createExample(visible, to.models)),
      responses: {
        201: recordAnswer(visible, to, "The record as it is now."),
        ...always,
        409: response("Conflict"),
        422: response("Unprocessable"),
      },
    })
  }
  return item
}

const article = (noun: string) => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`
const words = (name: string) => humanName(name.replaceAll("-", "_")).toLowerCase()

function recordItem(
  visible: VisibleModel,
  to: Describing,
  operation: (verb: string, rest: object) => Schema,
): PathItem {
  const { model, operations } = visible
  const one = words(model.localName)
  const item: PathItem = { parameters: [idParameter(model)] }
  if (operations.has("read")) {
    item["get"] = operation(`get${model.localName}`, {
      summary: `Get ${article(one)}`,
      parameters: [parameter("select"), parameter("can")],
      responses: { 200: recordAnswer(visible, to, "The record.", partial), ...ofRecord },
    })
  }
  const seen = [parameter("IfMatch"), parameter("IdempotencyKey")]
  if (operations.has("update")) {
    item["patch"] = operation(`update${model.localName}`, {
      summary: `Change ${article(one)}`,
      description: "What is named changes (RFC 7396).",
      parameters: seen,
      requestBody: body(ref(`${to.names.of(model)}Update`)),
      responses: { 200: recordAnswer(visible, to, "The record as it is now."), ...ofChange },
    })
  }
  if (operations.has("delete")) {
    item["delete"] = operation(`delete${model.localName}`, {
      summary: `Delete ${article(one)}`,
      parameters: seen,
      responses: { 204: { description: "It is deleted." }, ...ofChange },
    })
  }
  return item
}

function verbItems(
  visible: VisibleModel,
  to: Describing,
  operation: (verb: string, rest: object) => Schema,
): Record<string, PathItem> {
  const { model, operations } = visible
  const [one, many] = [model.localName, capital(camel(model.collection))]
  const items: Record<string, PathItem> = {}
  if (operations.has("read")) {
    items["$query"] = {
      post: operation(`query${many}`, {
        summary: `Query ${words(model.collection)}`,
        description: "As listing, with nested lists of their own condition, order and limit; groups with aggregates.",
        requestBody: body(ref("Query"), { where: {}, limit: 20 }),
        responses: {
          200: answer("A page, or groups.", pageSchema({ type: "object", additionalProperties: true }), partial),
          ...always,
        },
      }),
    }
    const records = {
      "application/x-ndjson": { schema: { type: "string" } },
      "text/csv": { schema: { type: "string" } },
    }
    const format = { name: "format", in: "query", schema: { enum: ["csv", "ndjson"] } }
    items["$export"] = {
      get: operation(`export${many}`, {
        summary: `Export ${words(model.collection)}`,
        parameters: [format, ...exportParameters.map(parameter), ...fieldParameters(visible)],
        responses: { 200: { description: "All records, one a line.", content: records }, ...always },
      }),
    }
    items["$resolve"] = {
      post: operation(`resolve${many}`, {
        summary: `Titles of ${words(model.collection)}`,
        requestBody: body({
          type: "object",
          properties: { ids: { type: "array", items: idSchema(model) } },
          required: ["ids"],
          additionalProperties: false,
        }),
        responses: {
          200: answer("Titles by id.", {
            type: "object",
            properties: { titles: { type: "object", additionalProperties: { type: "string" } } },
            required: ["titles"],
          }),
          ...always,
        },
      }),
    }
  }
  if (operations.has("create") || operations.has("update")) {
    const values = { type: "object", additionalProperties: true }
    items["$draft"] = {
      post: operation(`draft${one}`, {
        summary: `What ${article(words(one))} would become`,
        requestBody: body({
          type: "object",
          properties: { id: idSchema(model), version: { type: "integer" }, values },
          required: ["values"],
          additionalProperties: false,
        }),
        responses: {
          200: answer("Suggestions, computed values and errors; nothing is written.", ref("Draft")),
          ...ofRecord,
          422: response("Unprocessable"),
        },
      }),
    }
    const change = {
      type: "object",
      properties: { operation: { type: "string" } },
      required: ["operation"],
      additionalProperties: true,
    }
    const row = { type: "array", items: { type: "string" } }
    items["$import"] = {
      post: operation(`import${many}`, {
        summary: `Import ${words(model.collection)}`,
        requestBody: body({
          type: "object",
          description: "A text `csv`, or `columns` and `rows`.",
          properties: {
            csv: { type: "string" },
            columns: row,
            rows: { type: "array", items: row, maxItems: 5_000 },
            mapping: { type: "object", additionalProperties: { type: ["string", "null"] } },
            key: { type: "string" },
            dryRun: { type: "boolean", default: false },
          },
          additionalProperties: false,
        }),
        responses: {
          200: answer("What came of the rows.", ref("ImportAnswer")),
          ...always,
          422: response("Unprocessable"),
        },
      }),
    }
    items["$bulk"] = {
      post: operation(`bulk${many}`, {
        summary: `Several changes of ${words(model.collection)}`,
        parameters: [parameter("IdempotencyKey")],
        requestBody: body({
          type: "object",
          properties: {
            atomic: { type: "boolean", default: false },
            changes: { type: "array", minItems: 1, maxItems: 1000, items: change },
          },
          required: ["changes"],
          additionalProperties: false,
        }),
        responses: {
          200: answer("A result for each.", {
            type: "object",
            properties: { results: { type: "array", items: ref("BulkResult") } },
            required: ["results"],
          }),
          ...ofChange,
        },
      }),
    }
  }
  if (operations.has("create") && operations.has("update") && model.unique.length > 0) {
    const keys = model.unique.map((names) => names.join(","))
    items["$upsert"] = {
      put: operation(`upsert${one}`, {
        summary: `Create ${article(words(one))}, or change the one with the same key`,
        parameters: [{ name: "key", in: "query", required: true, schema: { enum: keys } }, parameter("IdempotencyKey")],
        requestBody: body(ref(`${to.names.of(model)}Create`)),
        responses: { 200: recordAnswer(visible, to, "The record as it is now."), ...ofChange },
      }),
    }
  }
  return items
}

function invocationItem(
  { name, transition }: ResolvedInvocation,
  visible: VisibleModel,
  to: Describing,
  operation: (verb: string, rest: object) => Schema,
): PathItem {
  const action = visible.model.actions.get(name)
  const inputs = (transition ? transition.input : action?.input) ?? {}
  const record = visible.operations.has("read")
    ? ref(to.names.of(visible.model))
    : { type: "object", additionalProperties: true }
  const answered = action
    ? answer("What it answers, and the record as it is now.", {
        type: "object",
        properties: {
          output: { anyOf: [inputsSchema(action.output), { type: "null" }] },
          data: { anyOf: [record, { type: "null" }] },
        },
        required: ["output", "data"],
      })
    : recordAnswer(visible, to, "The record as it is now.")
  const needsBody = Object.keys(inputs).length > 0
  return {
    parameters: [idParameter(visible.model)],
    post: operation(`${name}${visible.model.localName}`, {
      summary: (transition?.label ?? action?.label ?? humanName(name)) + ` (${words(visible.model.localName)})`,
      ...(transition ? { description: `From ${transition.from.join(", ")} to ${transition.to}.` } : {}),
      parameters: [parameter("IfMatch"), parameter("IdempotencyKey")],
      ...(needsBody ? { requestBody: body(inputsSchema(inputs)) } : {}),
      responses: { 200: answered, ...ofChange },
    }),
  }
}

function archiveItems(
  visible: VisibleModel,
  to: Describing,
  operation: (verb: string, rest: object) => Schema,
): Record<string, PathItem> {
  const { model, operations } = visible
  if (!model.archive || !operations.has("update")) return {}
  const item = (verb: string, summary: string): PathItem => ({
    parameters: [idParameter(visible.model)],
    post: operation(`${verb}${model.localName}`, {
      summary: `${summary} ${article(words(model.localName))}`,
      parameters: [parameter("IfMatch"), parameter("IdempotencyKey")],
      responses: { 200: recordAnswer(visible, to, "The record as it is now."), ...ofChange },
    }),
  })
  return { $archive: item("archive", "Archive"), $restore: item("restore", "Restore") }
}

function downloadItems(
  visible: VisibleModel,
  operation: (verb: string, rest: object) => Schema,
): Record<string, PathItem> {
  const items: Record<string, PathItem> = {}
  for (const { member, readable } of visible.columns) {
    if (readable === "never" || member.kind !== "field" || (member.type !== "file" && member.type !== "image")) continue
    items[member.name] = {
      parameters: [idParameter(visible.model)],
      get: operation(`download${visible.model.localName}${capital(member.name)}`, {
        summary: `The bytes of ${words(member.name)}`,
        responses: { 200: { description: "The file.", content: { "application/octet-stream": {} } }, ...ofRecord },
      }),
    }
  }
  return items
}

/** The addresses of one model, each with what the caller's roles can do there. */
export function modelPaths(visible: VisibleModel, to: Describing): Readonly<Record<string, PathItem>> {
  const { model } = visible
  const base = `/api/${model.service}/${model.collection}`
  const operation = (verb: string, rest: object): Schema => ({
    operationId: to.prefix === "" ? verb : `${to.prefix}${capital(verb)}`,
    tags: [to.tag],
    ...rest,
  })
  const paths: Record<string, PathItem> = {
    [base]: collectionItem(visible, to, operation),
    [`${base}/{id}`]: recordItem(visible, to, operation),
  }
  for (const [verb, item] of Object.entries(verbItems(visible, to, operation))) paths[`${base}/${verb}`] = item
  for (const invocation of visible.invocations) {
    paths[`${base}/{id}/$${invocation.name}`] = invocationItem(invocation, visible, to, operation)
  }
  const discussion = discussionRights(to.rights, model)
  const parts = { operation, parameter, body, answer, ofRecord, ofChange }
  const members = {
    ...archiveItems(visible, to, operation),
    ...downloadItems(visible, operation),
    ...activityItems(visible, { discussion, named: article(words(model.localName)) }, parts),
  }
  for (const [name, item] of Object.entries(members)) paths[`${base}/{id}/${name}`] ??= item
  return Object.fromEntries(
    Object.entries(paths).filter(([, item]) => Object.keys(item).some((key) => key !== "parameters")),
  )
}
