import { checkSql, defaultSql, literal, markConstraint, qualified } from "../schema/ddl.ts"
import { compareRules } from "../schema/rule-change.ts"
import type { CheckRule, CheckSchema } from "../schema/structure.ts"
import type { TableDiff } from "./diff.ts"
import { columnsOf, renamedRule } from "./match.ts"
import { lostColumns, quoted, sameButName } from "./rename-steps.ts"
import { batchesStep, catalogueStep, validateStep } from "./step-list.ts"
import type { Phase } from "./step.ts"

/** Checks of rows: laxer ones at once, stricter ones when nobody is left who does not know them. */
export function checkSteps(diff: TableDiff): void {
  const { list, old, next, replaced, added } = diff
  const lost = lostColumns(diff)
  const names = new Map(replaced.map((pair) => [pair.old.name, pair.next.name]))
  const renamed = new Set(replaced.filter((pair) => pair.old.name !== pair.next.name).map((pair) => pair.next.name))
  const retyped = new Set(replaced.filter((pair) => pair.old.name === pair.next.name).map((pair) => pair.next.name))
  const fresh = new Set(added.map(({ name }) => name))
  /** Old ones that stay as they are, and those that stay until their column goes. */
  const settled = new Set<string>()
  for (const check of next.checks) {
    const same = sameButName(check, old.checks, lost)
    if (same !== undefined) {
      settled.add(same.name)
      continue
    }
    const before = old.checks.find((each) => isSameRule(renamedRule(each.rule, names), check.rule))
    const touched = columnsOf(check.rule)
    const change = before === undefined ? undefined : compareRules(renamedRule(before.rule, names), check.rule)
    const isLaxer = change?.kind === "same" || (change?.kind === "replace" && check.rule.kind !== "condition")
    const isOnRetyped = [...touched].some((name) => retyped.has(name))
    const isFieldOfNew = check.rule.kind !== "condition" && fresh.has(check.rule.column)
    const isSoon = (isLaxer || isFieldOfNew) && !isOnRetyped
    const phase = isSoon
      ? [...touched].some((name) => renamed.has(name) || fresh.has(name))
        ? "backfill"
        : "expand"
      : "contract"
    // What the old release obeys may go on, until its column goes or the new rule takes its place.
    const goesOn =
      isOnRetyped ||
      change?.kind === "narrower" ||
      phase === "expand" ||
      (change?.kind === "same" && before?.name !== check.name)
    if (before !== undefined && goesOn) settled.add(before.name)
    if (change?.kind === "narrower" || (before === undefined && !isFieldOfNew)) repair(diff, check)
    add(diff, check, phase, before !== undefined && goesOn ? before.name : check.name)
  }
  for (const check of old.checks) {
    if (settled.has(check.name)) continue
    // A field's own rule lets an empty value pass, and goes with its column.
    if (check.rule.kind !== "condition" && diff.removed.some(({ name }) => columnsOf(check.rule).has(name))) continue
    list.add(
      "expand",
      "relax",
      catalogueStep(next.name, `${next.source}: ${describe(check.rule)} no longer holds`, [
        `alter table ${qualified(next)} drop constraint if exists ${quoted(check.name)}`,
      ]),
    )
  }
}

const isSameRule = (old: CheckRule, next: CheckRule): boolean =>
  old.kind === next.kind &&
  (old.kind === "condition" ? old.code === (next as typeof old).code : old.column === (next as typeof old).column)

export const describe = (rule: CheckRule): string =>
  rule.kind === "condition" ? `the check ${rule.code}` : `the ${rule.kind} of ${rule.column}`

/** @param replaces Name of the one that it takes the place of. */
function add({ list, next }: TableDiff, check: CheckSchema, phase: Phase, replaces: string): void {
  const gone = [...new Set([replaces, check.name])].map((name) => `drop constraint if exists ${quoted(name)}, `)
  const making = catalogueStep(
    next.name,
    `${next.source}: ${describe(check.rule)} holds for what is written from here`,
    [`alter table ${qualified(next)} ${gone.join("")}add ${checkSql(check)} not valid`, markConstraint(next, check)],
  )
  const looking = validateStep(
    next.name,
    `${next.source}: look whether every row satisfies it (${check.name})`,
    `alter table ${qualified(next)} validate constraint ${quoted(check.name)}`,
  )
  if (phase === "expand") list.add("expand", "add", making)
  else list.add(phase, "check", making)
  list.add(phase === "contract" ? "contract" : "backfill", "check", looking)
}

/** Values that a stricter rule does not accept, made into the nearest that it does. */
function repair({ list, next }: TableDiff, check: CheckSchema): void {
  const { rule } = check
  if (rule.kind === "condition") return
  const column = next.columns.find(({ name }) => name === rule.column)
  if (column === undefined) return
  const name = quoted(rule.column)
  const fields = column.source ?? column.name
  const constant = defaultSql(column)
  const set = (value: string, where: string, words: string): void =>
    list.add(
      "contract",
      "check",
      batchesStep(
        next.name,
        `${fields}: ${words}`,
        `update ${qualified(next)} set ${name} = ${value} where :rows and ${where}`,
        next.primaryKey.columns,
        `values of ${fields} that the new rule refuses: ${words}`,
      ),
    )
  if (rule.kind === "length")
    set(
      `left(${name}, ${rule.max})`,
      `char_length(${name}) > ${rule.max}`,
      `texts are cut off after ${rule.max} characters`,
    )
  else if (rule.kind === "values") {
    const value = constant ?? (column.nullable ? "null" : literal(rule.values[0] ?? ""))
    set(value, `${name} not in (${rule.values.map(literal).join(", ")})`, `values that are no more become ${value}`)
  } else {
    if (rule.min !== undefined)
      set(literal(rule.min), `${name} < ${literal(rule.min)}`, `smaller values become ${rule.min}`)
    if (rule.max !== undefined)
      set(literal(rule.max), `${name} > ${literal(rule.max)}`, `larger values become ${rule.max}`)
  }
}
