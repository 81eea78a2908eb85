import { queryLimits } from "../query.ts"
import { type JsonSchema, ref } from "./json-schema.ts"

const plain: JsonSchema = { type: ["string", "number", "boolean"] }

/** What may stand where a value is compared: a value, `null` for empty, or an object (operators, a nested condition, `$me` and the like). */
const tested: JsonSchema = { anyOf: [{ type: ["string", "number", "boolean", "null"] }, ref("Where")] }

const conditions: JsonSchema = { type: "array", items: ref("Where") }

/** `Where`: conditions. Whether a name is a field, and whether an operator fits it, only a model can tell. */
export const whereSchema: JsonSchema = {
  type: "object",
  title: "Condition",
  description:
    'A condition: a field with a value or with operators (eq, not, in, lt, lte, gt, gte, contains, startsWith, isSet), a reference with a nested condition, a list with `some` or `none`; `and`, `or` and `not`. Members are joined by and. Values may be { $me: "id" }, { $claim: name } and { $today: days }.',
  properties: {
    and: conditions,
    or: conditions,
    some: ref("Where"),
    none: ref("Where"),
    in: { anyOf: [{ type: "array", items: plain, maxItems: queryLimits.inValues }, tested] },
  },
  additionalProperties: tested,
  examples: [
    { status: "draft", total: { gte: "100" } },
    { lines: { some: { product: { name: { contains: "tea" } } } } },
  ],
}
