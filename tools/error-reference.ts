/**
 * `docs/reference/errors.md` from the catalogue of error codes:
 * `node --conditions=@archipel/source tools/error-reference.ts`.
 *
 * @module
 */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { errorAdvice, errorCatalog, type ErrorCode, kindOf } from "@archipel/core"

const areas: readonly (readonly [prefix: string, title: string])[] = [
  ["request.", "The request as text"],
  ["auth.", "Who asks"],
  ["access.", "What the caller may do"],
  ["query.", "Reading"],
  ["record.", "Writing"],
  ["change.", "Writing"],
  ["service.", "The world around"],
  ["deadline.", "The world around"],
  ["database.", "The world around"],
  ["internal", "The world around"],
  ["program.", "Starting"],
  ["schema.", "Starting"],
  ["adopt.", "Starting"],
  ["postgres.", "Starting"],
  ["migration.", "Migrations"],
]

const section = (code: ErrorCode): string => {
  const found = areas.find(([prefix]) => code.startsWith(prefix))?.[1]
  if (found === undefined) throw new Error(`${code} has no place in the reference: give its area one.`)
  return found
}

const row = (code: ErrorCode): string => {
  const { status, title, retryable } = kindOf(code)
  return `| \`${code}\` | ${status} | ${retryable ? "yes" : "no"} | ${title}. ${errorAdvice[code]} |`
}

const head = `# Errors

<!-- Made by tools/error-reference.ts from the catalogue in packages/core/src/errors.ts. -->

Every refusal and failure is a problem (RFC 9457), sent as \`application/problem+json\`. Switch on \`code\`: codes never change their meaning or status. \`title\` is the same for every occurrence, \`detail\` is about this one, \`details\` has the parts of it for programs. \`retryable\` says whether the same request can succeed later; \`Retry-After\` says when. \`traceId\`, also in the header \`X-Trace-Id\`, leads to the request in the log. \`type\` is \`/errors/{code}\`, a page.

\`\`\`http as=clara
GET /api/sales/orders?select=number,margin
\`\`\`
\`\`\`json 400
{
  "type": "/errors/query.unknown_field",
  "title": "No such field",
  "status": 400,
  "detail": "sales.Order has no field \\"margin\\", or you may not read it.",
  "code": "query.unknown_field",
  "details": { "model": "sales.Order", "field": "margin" },
  "retryable": false,
  "instance": "/api/sales/orders",
  "traceId": "…"
}
\`\`\`

Where several things are wrong, \`details.errors\` has all of them: \`path\` (a JSON Pointer, RFC 6901, into the request), \`code\`, \`detail\`.

\`\`\`http as=alice
POST /api/catalog/products
{ "price": "-1", "stock": 1.5 }
\`\`\`
\`\`\`json 422
{
  "code": "record.invalid",
  "details": {
    "errors": [
      { "path": "/price", "code": "value.too_small", "detail": "price must be at least 0." },
      { "path": "/stock", "code": "value.type", "detail": "stock must be a whole number." },
      { "path": "/name", "code": "value.required", "detail": "name is required." }
    ]
  }
}
\`\`\`

A service's own rules have codes of their own, such as \`order.empty\`. What a transition or action refuses with \`refuse("order.empty")\` is a problem of that code with status 422. What a \`check\` refuses is an entry of \`details.errors\` under \`record.invalid\`.

## Codes of values

Entries of \`details.errors\` under \`record.invalid\` are checks by their own codes, or one of these:

| code | meaning |
|---|---|
| \`value.required\` | The value is missing or empty. |
| \`value.type\` | It has the wrong JSON type. |
| \`value.format\` | It is a text that is not written as the field wants it: a date, an e-mail address, a UUID. |
| \`value.choice\` | It is none of the field's choices. |
| \`value.too_small\`, \`value.too_large\` | It is out of the field's range. |
| \`value.too_long\` | It has too many characters. |
| \`value.character\` | It contains NUL or half of a surrogate pair. |
| \`value.unknown\` | A transition or action has no such input. |
| \`line.duplicate\` | The same line is named twice. |
| \`reference.missing\` | A reference names a record that does not exist, or that the caller may not read. |
| \`file.unknown\`, \`file.not_image\` | There is no such upload, or it is no picture. |
`

/** The text of the page. */
export function errorReference(): string {
  const codes = Object.keys(errorCatalog) as ErrorCode[]
  const parts = [head]
  for (const title of new Set(areas.map(([, each]) => each))) {
    const rows = codes.filter((code) => section(code) === title).map(row)
    parts.push(
      [
        "",
        `## ${title}`,
        "",
        "| code | status | retryable | meaning, and what to do |",
        "|---|---|---|---|",
        ...rows,
        "",
      ].join("\n"),
    )
  }
  return parts.join("")
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("../docs/reference/errors.md", import.meta.url), errorReference())
}
