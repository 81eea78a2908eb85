import type { Logic, Statement } from "@archipel/core"
import type { Service } from "@archipel/server"

/** A service that lacks one rule, or has it the other way round. */
export interface Mutant {
  readonly name: string
  readonly service: Service
}

type Part = Pick<Logic<string>, "model" | "statements">
type Grant = Extract<Statement, { kind: "grant" }>
type On = Extract<Statement, { kind: "on" }>
/** What becomes of a statement; undefined if it is left out. */
type Change = readonly [string, Statement | undefined]

const { where: _, ...nothing } = { where: {} }
const without = <T extends object, K extends keyof T>(of: T, key: K): T => {
  const { [key]: _left, ...rest } = of
  return { ...nothing, ...rest } as T
}
const negated = (where: object): { readonly not: object } => ({ not: where })

function ofGrant(grant: Grant): Change[] {
  const changes: Change[] = grant.operations.map((operation) => {
    const operations = grant.operations.filter((other) => other !== operation)
    return [`without ${operation}`, operations.length === 0 ? undefined : { ...grant, operations }]
  })
  if (grant.where !== "all") {
    changes.push(["for all rows", { ...grant, where: "all" }])
    changes.push(["for the other rows", { ...grant, where: negated(grant.where) }])
  }
  if (grant.check) {
    changes.push(["without its check", without(grant, "check")])
    changes.push(["with its check negated", { ...grant, check: negated(grant.check) }])
  }
  if (grant.fields) changes.push(["of all fields", without(grant, "fields")])
  if (grant.readOnly) changes.push(["with nothing read-only", without(grant, "readOnly")])
  if (grant.presets) changes.push(["without presets", without(grant, "presets")])
  return changes
}

function ofInvocation(on: On): Change[] {
  const changes: Change[] = on.by.map((role) => {
    const by = on.by.filter((other) => other !== role)
    // Somebody has to be named; there are no rows without an id.
    return [`not by ${role}`, by.length === 0 ? { ...on, where: { id: { isSet: false } } } : { ...on, by }]
  })
  if (on.where) {
    changes.push(["whatever the row", without(on, "where")])
    changes.push(["for the other rows", { ...on, where: negated(on.where) }])
  }
  if (on.notBy) changes.push(["by two eyes", without(on, "notBy")])
  return changes
}

function changesOf(statement: Statement): Change[] {
  switch (statement.kind) {
    case "grant":
      return ofGrant(statement)
    case "restrict":
      return [
        ["left out", undefined],
        ["negated", { ...statement, where: negated(statement.where) }],
      ]
    case "on":
      return ofInvocation(statement)
    default:
      return []
  }
}

const nameOf = (statement: Statement): string =>
  statement.kind === "grant"
    ? `the grant to ${statement.role} of ${statement.operations.join(", ")}`
    : statement.kind === "on"
      ? `.on("${statement.name}")`
      : "the restriction"

/** Every way to take one rule of a service away, or to turn it round. */
export function mutantsOf(service: Service): readonly Mutant[] {
  return service.logic.flatMap((part: Part, at) =>
    part.statements.flatMap((statement, index) =>
      changesOf(statement).map(([what, changed]): Mutant => {
        const statements = part.statements.toSpliced(index, 1, ...(changed ? [changed] : []))
        const logic = service.logic.with(at, { ...part, statements })
        return { name: `${part.model}: ${nameOf(statement)} (${index + 1}) ${what}`, service: { ...service, logic } }
      }),
    ),
  )
}
