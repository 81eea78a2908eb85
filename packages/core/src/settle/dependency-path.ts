import type { ColumnMember, ListMember, OneMember, ResolvedModel } from "../catalog.ts"
import type { Condition } from "../gate/condition.ts"

/** One relation of a path. */
export type Hop = OneMember | ListMember

/** A dependency with its names resolved: relations of this service, then a column, or a step into another service. */
export interface DependencyPath {
  readonly text: string
  readonly hops: readonly Hop[]
  /** The column at the end; undefined where the path ends with a list. */
  readonly column: ColumnMember | undefined
  /** The reference into another service, and the path from there. */
  readonly remote: { readonly member: OneMember; readonly path: string } | undefined
}

/** @returns the path, or in words why there is none. */
export function parseDependency(model: ResolvedModel, text: string): DependencyPath | string {
  const hops: Hop[] = []
  const names = text.split(".")
  let at = model
  for (const [index, name] of names.entries()) {
    const member = at.members.get(name)
    if (!member) return `"${text}": ${at.name} has no field "${name}"`
    const isLast = index === names.length - 1
    if (member.kind === "field" || (member.kind === "one" && isLast)) {
      if (!isLast) return `"${text}": ${at.name}.${name} is no relation`
      return { text, hops, column: member, remote: undefined }
    }
    if (!member.local) {
      if (member.kind !== "one") return `"${text}": ${at.name}.${name} is a list of another service`
      return { text, hops, column: undefined, remote: { member, path: names.slice(index + 1).join(".") } }
    }
    hops.push(member)
    at = member.target
  }
  return { text, hops, column: undefined, remote: undefined }
}

/** The columns that a condition looks at, as paths from its model. */
export function conditionPaths(condition: Condition, hops: readonly Hop[] = []): DependencyPath[] {
  const column = (member: ColumnMember): DependencyPath => ({
    text: [...hops, member].map((m) => m.name).join("."),
    hops,
    column: member,
    remote: undefined,
  })
  switch (condition.kind) {
    case "true":
    case "false":
      return []
    case "and":
    case "or":
      return condition.of.flatMap((c) => conditionPaths(c, hops))
    case "not":
      return conditionPaths(condition.of, hops)
    case "compare":
    case "isSet":
      return [column(condition.member)]
    case "one":
    case "some": {
      const inner = [...hops, condition.member]
      return [
        { text: inner.map((m) => m.name).join("."), hops: inner, column: undefined, remote: undefined },
        ...conditionPaths(condition.where, inner),
      ]
    }
  }
}
