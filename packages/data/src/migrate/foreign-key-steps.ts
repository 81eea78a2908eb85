import { foreignKeySql, markConstraint, qualified } from "../schema/ddl.ts"
import type { ForeignKeySchema } from "../schema/structure.ts"
import type { TableDiff } from "./diff.ts"
import { followed, lostColumns, quoted, sameButName } from "./rename-steps.ts"
import { catalogueStep, validateStep } from "./step-list.ts"

/** References that the database keeps intact. */
export function foreignKeySteps(diff: TableDiff): void {
  const { list, old, next, added, replaced } = diff
  const lost = lostColumns(diff)
  const before = old.foreignKeys.map((key) => followed(diff, key))
  const fresh = new Set([...added.map(({ name }) => name), ...replaced.map((pair) => pair.next.name)])
  const settled = new Set<string>()
  for (const key of next.foreignKeys) {
    const same = sameButName(key, before, lost)
    if (same !== undefined) {
      settled.add(same.name)
      continue
    }
    const changed = before.find(
      (each) => each.column === key.column && each.target === key.target && !lost.has(each.column),
    )
    // To delete more is for when nobody is left who expects to be refused.
    if (changed !== undefined && key.onDelete !== "refuse") settled.add(changed.name)
    const isSoon = fresh.has(key.column) || (changed !== undefined && key.onDelete === "refuse")
    add(diff, key, isSoon ? "backfill" : "contract", changed?.name)
    if (changed !== undefined) settled.add(changed.name)
  }
  for (const key of before) {
    if (settled.has(key.name) || lost.has(key.column)) continue
    list.add("expand", "relax", {
      ...catalogueStep(next.name, `${next.source}: ${key.column} refers to ${key.target} no longer`, [
        `alter table ${qualified(next)} drop constraint if exists ${quoted(key.name)}`,
      ]),
    })
  }
}

function add(
  { list, next }: TableDiff,
  key: ForeignKeySchema,
  phase: "backfill" | "contract",
  replaces?: string,
): void {
  const gone = [...new Set([replaces ?? key.name, key.name])].map(
    (name) => `drop constraint if exists ${quoted(name)}, `,
  )
  list.add(phase, "refer", {
    ...catalogueStep(next.name, `${next.source}: ${key.column} refers to ${key.target}, in what is written from here`, [
      `alter table ${qualified(next)} ${gone.join("")}add ${foreignKeySql(next, key)} not valid`,
      markConstraint(next, key),
    ]),
    lock: replaces === undefined ? "share row exclusive" : "access exclusive",
  })
  list.add(
    phase,
    "refer",
    validateStep(
      next.name,
      `${next.source}: look whether every ${key.column} is there in ${key.target}`,
      `alter table ${qualified(next)} validate constraint ${quoted(key.name)}`,
    ),
  )
}
