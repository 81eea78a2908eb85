import { changeSchema } from "./change-schema.ts"
import type { JsonSchema } from "./json-schema.ts"
import { mistakeSchema, problemSchema } from "./problem-schema.ts"
import { querySchema, selectEntrySchema } from "./query-schema.ts"
import { whereSchema } from "./where-schema.ts"

/** What travels between programs and has a schema. */
export type SchemaName = "Where" | "SelectEntry" | "Query" | "Change" | "Mistake" | "Problem"

/**
 * The schemas of what travels, for other programs' validators and generators; they refer to each other as `#/$defs/{name}`.
 * What arrives is read by `parseQuery` and `parseChange`, which agree with them but for this, where the parsers are the stricter ones:
 *
 * - Bounds on a whole query are no matter of one place: comparisons and connectives in all (`filterNodes`), selected fields in all
 *   (`selectNodes`), levels of JSON. Over them `query.too_complex`.
 * - Lengths of texts are counted in UTF-16 units by the parsers and in characters by schemas.
 * - Where an address names the model, a `model` in the JSON must be the same; where none does, it must be there.
 *
 * Whether names exist, operators fit the field and values its type, neither knows: the gate decides, with the model and the rights.
 */
export const jsonSchemas: Readonly<Record<SchemaName, JsonSchema>> = {
  Where: whereSchema,
  SelectEntry: selectEntrySchema,
  Query: querySchema,
  Change: changeSchema,
  Mistake: mistakeSchema,
  Problem: problemSchema,
}

/** One of the schemas as a document of its own, with all it refers to. */
export const jsonSchema = (name: SchemaName): JsonSchema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $ref: `#/$defs/${name}`,
  $defs: jsonSchemas,
})
