import { errorCatalog } from "../errors.ts"
import { type JsonSchema, ref, text } from "./json-schema.ts"

export const mistakeSchema: JsonSchema = {
  type: "object",
  properties: {
    path: { ...text, description: "JSON Pointer (RFC 6901) into the request." },
    code: text,
    detail: text,
    details: { type: "object", additionalProperties: true },
  },
  required: ["path", "code", "detail"],
}

/** `Problem`: what every refusal and failure looks like. */
export const problemSchema: JsonSchema = {
  type: "object",
  description: "RFC 9457 problem. Switch on `code`; codes of a service's own rules are 422.",
  properties: {
    type: { ...text, format: "uri-reference", description: "`/errors/{code}`, a page about the code." },
    title: text,
    status: { type: "integer", minimum: 400, maximum: 599 },
    detail: text,
    instance: { ...text, format: "uri-reference" },
    code: { ...text, examples: Object.keys(errorCatalog).filter((code) => !code.startsWith("postgres.")) },
    traceId: { ...text, pattern: "^[0-9a-f]{32}$" },
    details: {
      type: "object",
      properties: { errors: { type: "array", items: ref("Mistake") } },
      additionalProperties: true,
    },
    retryable: { type: "boolean", description: "Whether the same request can succeed later." },
  },
  required: ["type", "title", "status", "detail", "instance", "code", "traceId", "details", "retryable"],
}
