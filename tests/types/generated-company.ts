/**
 * A company of many models with rules and nested queries, as source text: a load for the type checker.
 *
 * @module
 */

const perService = 20

/** Contracts, logic and queries of `models` models in services of twenty, by file name. */
export function generatedCompany(models: number): ReadonlyMap<string, string> {
  const services = Math.ceil(models / perService)
  const files = new Map<string, string>()
  for (let service = 0; service < services; service++) {
    const own = Math.min(perService, models - service * perService)
    files.set(`s${service}-contract.ts`, contractText(service, own))
    files.set(`s${service}-logic.ts`, logicText(service, own))
    files.set(`s${service}-queries.ts`, queriesText(service, own))
  }
  return files
}

/** The model before in the same service, and the same one of the service before: chains that paths walk. */
function contractText(service: number, own: number): string {
  const models = Array.from({ length: own }, (_, index) => {
    const before = Math.max(0, index - 1)
    return `    M${index}: model({
      name: text().index(), code: text().unique(), amount: money().computed(), rate: decimal({ scale: 4 }).optional(),
      day: date().default("today"), note: text().optional(), quantity: integer().default(1), open: bool().default(true),
      kind: choice("a", "b", "c"), owner: one("identity.User").optional(),
      before: one("s${service}.M${before}").optional(), elsewhere: one("s${Math.max(0, service - 1)}.M${index}").optional(),
      items: many("s${service}.M${index}Item", "parent").owned(),
      status: states(["draft", "done", "gone"], { finish: { from: ["draft"], to: "done" }, drop: { from: ["done"], to: "gone" } }),
    }, { archive: true, actions: { touch: action({ quantity: integer() }, { ok: bool() }) } }),`
  })
  // Half of the models are lines of the other half.
  const items = Array.from(
    { length: own },
    (_, index) =>
      `    M${index}Item: model({ parent: one("s${service}.M${index}", { onDelete: "cascade" }), price: money(), quantity: integer(), product: one("s${Math.max(0, service - 1)}.M${index}") }),`,
  )
  const half = own / 2
  return `import { action, bool, choice, contract, date, decimal, integer, many, model, money, one, states, text } from "@archipel/core"
${service > 0 ? `import "./s${service - 1}-contract.ts"` : ""}
export const s${service} = contract("s${service}", {
  roles: ["user", "manager"],
  models: {
${[...models.slice(0, half), ...items.slice(0, half)].join("\n")}
  },
})
declare module "@archipel/core" { interface Contracts { s${service}: typeof s${service} } }
`
}

function logicText(service: number, own: number): string {
  const blocks = Array.from({ length: own / 2 }, (_, index) => {
    const name = `s${service}.M${index}`
    return `export const m${index} = logic("${name}")
  .rollup("amount", "sum", "items", "price")
  .suggest("note", ["elsewhere.name", "elsewhere.before.name"], (r) => r.elsewhere?.before?.name ?? null)
  .check("m.positive", ["quantity", "items.quantity", "before.quantity"], (r) => r.quantity > 0 && r.items.every((i) => i.quantity > 0))
  .grant("s${service}.user", ["read", "update"], { or: [{ owner: me }, { before: { before: { owner: me, status: "draft" } } }, { items: { some: { quantity: { gt: 2 } } } }] }, { fields: { except: ["amount"] } })
  .grant("s${service}.manager", "all", "all")
  .on("finish", { by: ["s${service}.user"], needs: ["items.price", "before.name"], run(r) { return r.items.map((i) => i.price) } })
  .on("drop", { by: ["s${service}.manager"], notBy: "owner" })
  .on("touch", { by: ["s${service}.user"], run: (_r, context) => ({ ok: context.input.quantity > 0 }) })
  .lock({ status: "gone" }, { except: ["note"], why: "m.gone" })`
  })
  return `import { logic, me } from "@archipel/core"\nimport "./s${service}-contract.ts"\n\n${blocks.join("\n")}\n`
}

function queriesText(service: number, own: number): string {
  const blocks = Array.from({ length: own / 2 }, (_, index) => {
    const name = `s${service}.M${index}`
    return `export async function q${index}(db: Db): Promise<readonly (string | null | undefined)[]> {
  const rows = await db("${name}").find({
    select: ["name", "status", "before.before.name", "elsewhere.elsewhere.name", "items.product.before.name", "items.quantity"],
    where: { status: { in: ["draft"] }, amount: { gt: "1" }, elsewhere: { before: { code: "x" } }, items: { some: { product: { open: true } } } },
    orderBy: ["-amount"],
  })
  await db("${name}").create({ name: "n", code: "c", kind: "a", items: [] })
  return rows.map((row) => row.items[0]?.product.before?.name ?? row.elsewhere?.elsewhere?.name)
}`
  })
  return `import type { Db } from "@archipel/core"\nimport "./s${service}-contract.ts"\n\n${blocks.join("\n")}\n`
}
