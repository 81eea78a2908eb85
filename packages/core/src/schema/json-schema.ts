/** A JSON Schema (draft 2020-12) as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** To another of the product's schemas, within the document that `jsonSchema` makes. */
export const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` })

export const text: JsonSchema = { type: "string" }
