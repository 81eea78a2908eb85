import type { Catalog, ResolvedModel } from "@archipel/core"

const methods = ["find", "get", "count", "group", "create", "update", "delete", "upsert", "do"]

/** What the console knows better than JavaScript: names of models in `db("…`, of calls after it, and of fields in its texts. */
export function complete(line: string, catalog: Catalog): [string[], string] | undefined {
  const model = /\b(?:db|as\([^)]*\))\(\s*(["'`])([\w.]*)$/.exec(line)
  if (model) return matching([...catalog.models.keys()], model[2] ?? "")
  const call = /\bdb\(\s*["'`]([\w.]+)["'`]\s*\)\.(\w*)$/.exec(line)
  if (call && catalog.models.has(call[1] ?? "")) return matching(methods, call[2] ?? "")
  const inModel = [...line.matchAll(/\bdb\(\s*["'`]([\w.]+)["'`]\s*\)/g)].at(-1)
  const path = /["'`]-?([\w.]*)$/.exec(line)
  const root = inModel && catalog.models.get(inModel[1] ?? "")
  return root && path ? completePath(root, path[1] ?? "") : undefined
}

/** Through relations: "customer.na" → "customer.name". */
function completePath(root: ResolvedModel, path: string): [string[], string] {
  const steps = path.split(".")
  const last = steps.pop() ?? ""
  let model = root
  for (const step of steps) {
    const member = model.members.get(step)
    if (member === undefined || member.kind === "field") return [[], path]
    model = member.target
  }
  const names = [...model.members.keys(), ...model.actions.keys()]
  const before = steps.map((step) => `${step}.`).join("")
  return matching(
    names.map((name) => before + name),
    before + last,
  )
}

const matching = (words: readonly string[], start: string): [string[], string] => [
  words.filter((word) => word.startsWith(start)).sort(),
  start,
]
