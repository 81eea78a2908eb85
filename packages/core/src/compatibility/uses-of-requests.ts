import type { Catalog, ResolvedModel } from "../catalog.ts"
import type { Change, ChangeValues } from "../change.ts"
import type { Query, SelectEntry } from "../query.ts"
import type { WhereJson } from "../where.ts"
import type { UseCollector } from "./uses.ts"
import { isRecord } from "../is-record.ts"

function inWhere(uses: UseCollector, model: ResolvedModel, where: unknown): void {
  if (Array.isArray(where)) {
    for (const each of where) inWhere(uses, model, each)
    return
  }
  if (!isRecord(where)) return
  for (const [name, value] of Object.entries(where as WhereJson)) {
    const member = model.members.get(name)
    if (member === undefined) {
      // "and", "or", "not", "some", "none" say something of the same records; operators have no conditions in them.
      inWhere(uses, model, value)
      continue
    }
    uses.read(model, name)
    if (member.kind !== "field") {
      uses.model(member.target)
      inWhere(uses, member.target, value)
    }
  }
}

function inSelect(uses: UseCollector, model: ResolvedModel, select: readonly SelectEntry[]): void {
  for (const entry of select) {
    if (typeof entry === "string") {
      uses.path(model, entry)
      continue
    }
    const target = uses.path(model, entry.path)
    inSelect(uses, target, entry.select ?? [])
    inWhere(uses, target, entry.where)
    for (const term of entry.orderBy ?? []) uses.path(target, term.replace(/^-/, ""))
  }
}

/** What a query names of other services' models. Names that their contracts do not have are left out: the gate refuses them. */
export function usesOfQuery(uses: UseCollector, catalog: Catalog, query: Query): void {
  const model = catalog.models.get(query.model)
  if (!model) return
  uses.model(model)
  inSelect(uses, model, query.select ?? [])
  inWhere(uses, model, query.where)
  for (const term of query.orderBy ?? []) uses.path(model, term.replace(/^-/, ""))
  for (const term of query.group ?? []) uses.path(model, term.split(":")[0] as string)
  for (const aggregate of Object.values(query.aggregates ?? {}))
    uses.path(model, /\(([^)]*)\)/.exec(aggregate)?.[1] ?? "")
}

function inValues(uses: UseCollector, model: ResolvedModel, values: ChangeValues): void {
  for (const [name, value] of Object.entries(values)) {
    const member = model.members.get(name)
    if (!member) continue
    uses.write(model, name)
    if (member.kind !== "many") continue
    const lines = Array.isArray(value) ? value : isRecord(value) ? Object.values(value).flat() : []
    for (const line of lines.filter(isRecord)) {
      if (line["id"] === undefined) uses.create(member.target)
      inValues(uses, member.target, line)
    }
  }
}

/** What a change names of another service's models. */
export function usesOfChange(uses: UseCollector, catalog: Catalog, change: Change): void {
  const model = catalog.models.get(change.model)
  if (!model) return
  uses.model(model)
  if (change.operation === "create" || change.operation === "upsert") uses.create(model)
  if (change.operation === "invoke") uses.call(model, change.action)
  else if ("values" in change) inValues(uses, model, change.values)
}
