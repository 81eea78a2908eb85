import { queryLimits } from "../query.ts"
import { type JsonSchema, ref, text } from "./json-schema.ts"

const path: JsonSchema = { type: "string", minLength: 1, maxLength: queryLimits.path }
const cursor: JsonSchema = { type: "string", minLength: 1, maxLength: queryLimits.cursor }
const paths = (maxItems: number): JsonSchema => ({ type: "array", items: path, maxItems })
const select: JsonSchema = { type: "array", items: ref("SelectEntry"), minItems: 1, maxItems: queryLimits.selectNodes }
const orderBy = paths(queryLimits.orderTerms)
const limit = (maximum: number): JsonSchema => ({ type: "integer", minimum: 1, maximum })

export const selectEntrySchema: JsonSchema = {
  anyOf: [
    { ...path, description: "A dotted path: `customer.name`, `lines.product.name`." },
    {
      type: "object",
      description: "A reference or list with a selection of its own; a list also with a condition, order and limit.",
      properties: { path, select, where: ref("Where"), orderBy, limit: limit(queryLimits.page) },
      required: ["path"],
      additionalProperties: false,
    },
  ],
}

const grouped: JsonSchema = { anyOf: [{ required: ["group"] }, { required: ["aggregates"] }] }
const notGrouped = ["select", "after", "before", "last", "count", "can"]

/** `Query`: everything that reads. `model` is left out where an address names it. */
export const querySchema: JsonSchema = {
  type: "object",
  title: "Query",
  properties: {
    model: { ...text, description: "`service.Model`; there where no address names it." },
    select,
    where: ref("Where"),
    search: { type: "string", minLength: 1, maxLength: queryLimits.search },
    orderBy: { ...orderBy, description: "Paths; `-` before one means descending." },
    limit: {
      ...limit(queryLimits.groups),
      description: `At most ${queryLimits.page} records, or ${queryLimits.groups} groups.`,
    },
    after: { ...cursor, description: "The page after this cursor." },
    before: { ...cursor, description: "The page before this cursor." },
    last: { const: true, description: "The last page." },
    count: { enum: ["exact", "estimate"] },
    can: { const: true, description: "Each record says in `_can` what may be done with it." },
    archived: { enum: ["exclude", "any", "only"], default: "exclude" },
    group: {
      ...paths(queryLimits.groupTerms),
      description: "Fields, references, or periods: `customer`, `date:month`.",
    },
    aggregates: {
      type: "object",
      description: 'By name: "count", or "sum(total)" with sum, avg, min, max, countDistinct.',
      propertyNames: { pattern: "^[A-Za-z][A-Za-z0-9]{0,50}$" },
      additionalProperties: { type: "string", maxLength: queryLimits.path },
      maxProperties: queryLimits.aggregates,
    },
  },
  additionalProperties: false,
  allOf: [
    ...[
      ["after", "before"],
      ["after", "last"],
      ["before", "last"],
    ].map((required) => ({ not: { required } })),
    {
      anyOf: [
        { properties: { limit: limit(queryLimits.page) }, not: grouped },
        { ...grouped, not: { anyOf: notGrouped.map((name) => ({ required: [name] })) } },
      ],
    },
  ],
  examples: [{ where: { status: "draft" }, orderBy: ["-date"], limit: 20 }],
}
