import type { Member, ResolvedModel } from "../catalog.ts"
import type { SelectEntry } from "../query.ts"
import { type Condition, never } from "./condition.ts"
import { type Rights, visibleThrough } from "./rights.ts"

/**
 * Which members of a record may be seen, for what is told of it elsewhere than in a query's answer. Rights that depend on the record
 * are asked by a query for `select`, whose `_masked` says the rest.
 */
export interface RecordSight {
  readonly select: readonly SelectEntry[]
  /** Whether nothing depends on the record. */
  readonly isSettled: boolean
  /** @param masked `_masked` of the record; undefined for one that is not there any more: of it only what is always seen is seen. */
  shows(name: string, masked: readonly string[] | undefined): boolean
}

function readableOf(rights: Rights, model: ResolvedModel, member: Member): Condition {
  if (member.kind === "field" || member.kind === "one") return rights.of(model).readable(member)
  const isThere = member.local && visibleThrough(member, rights, true).kind !== "false"
  return isThere ? rights.of(model).readable(member) : never
}

export function recordSight(rights: Rights, model: ResolvedModel): RecordSight {
  const readable = new Map(
    [...model.members.values()].map((member) => [member.name, readableOf(rights, model, member)]),
  )
  const open = [...readable].filter(([, { kind }]) => kind !== "true" && kind !== "false").map(([name]) => name)
  const isList = (name: string): boolean => model.lists.some((list) => list.name === name)
  return {
    select: ["id", ...open.map((name) => (isList(name) ? { path: name, select: ["id"], limit: 1 } : name))],
    isSettled: open.length === 0,
    shows(name, masked) {
      const kind = readable.get(name)?.kind ?? "false"
      if (kind === "true" || kind === "false") return kind === "true"
      return masked !== undefined && !masked.includes(name)
    },
  }
}
