import type { Change } from "../change.ts"
import { type JsonSchema, text } from "./json-schema.ts"

const values: JsonSchema = { type: "object", description: "Fields by name." }
const members: Readonly<Record<string, JsonSchema>> = {
  model: { ...text, description: "`service.Model`; there where no address names it." },
  id: { type: "string", minLength: 1, maxLength: 200 },
  version: {
    type: "integer",
    minimum: 1,
    maximum: 2_147_483_647,
    description: "The version seen; another one is refused.",
  },
  values,
  input: { ...values, description: "Of a transition or an action, by name." },
  action: { type: "string", minLength: 1, maxLength: 100, description: "A transition or an action." },
  key: {
    type: "array",
    items: { type: "string", maxLength: 100 },
    minItems: 1,
    maxItems: 16,
    description: "The fields of one unique key.",
  },
}

function operation(
  name: Change["operation"],
  required: readonly string[],
  optional: readonly string[] = [],
): JsonSchema {
  const named = ["model", ...required, ...optional].map((each) => [each, members[each]])
  return {
    type: "object",
    properties: { operation: { const: name }, ...Object.fromEntries(named) },
    required: ["operation", ...required],
    additionalProperties: false,
  }
}

/** `Change`: everything that writes, one form for each operation. `model` is left out where an address names it. */
export const changeSchema: JsonSchema = {
  title: "Change",
  oneOf: [
    operation("create", ["values"], ["id"]),
    operation("update", ["id", "values"], ["version"]),
    operation("delete", ["id"], ["version"]),
    operation("upsert", ["key", "values"]),
    operation("archive", ["id"], ["version"]),
    operation("restore", ["id"], ["version"]),
    operation("invoke", ["id", "action"], ["version", "input"]),
  ],
}
