/**
 * Values that grants give.
 *
 * @module
 */
import { dayIn, dayStart } from "../calendar.ts"
import type { ColumnMember, ResolvedModel } from "../catalog.ts"
import type { ChangeValues } from "../change.ts"
import { isUuid, parseValue } from "../values.ts"
import type { WriteRights } from "./cell-rights.ts"
import { always, anyOf, type Condition } from "./condition.ts"
import { claimOf, type Principal } from "./principal.ts"
import { accessDenied } from "./rule-part.ts"
import type { PresetCell } from "./write-tree.ts"

const none: readonly PresetCell[] = []

/**
 * What the grants that allow the write give to fields that `values` do not name.
 *
 * @throws `access.denied` of a create whose grants give one field different values: nobody says which
 */
export function presetCells(rights: WriteRights, model: ResolvedModel, values: ChangeValues): readonly PresetCell[] {
  if (!rights.held.some((grants) => grants.some(({ grant }) => grant.presets.size > 0))) return none
  const cells = new Map<string, PresetCell & { where: Condition; rules: string[] }>()
  for (const { grant, where } of rights.held.flat()) {
    for (const [name, { member, operand }] of grant.presets) {
      if (Object.hasOwn(values, name)) continue
      const key = `${name} ${JSON.stringify(operand)}`
      const known = cells.get(key)
      if (known) {
        known.where = anyOf([known.where, where])
        known.rules.push(grant.id)
      } else {
        const condition = rights.operation === "create" ? always : where
        cells.set(key, { member, operand, where: condition, rules: [grant.id] })
      }
    }
  }
  const all = [...cells.values()]
  if (rights.operation === "create") assertOne(all, model, "create")
  return all
}

/** @throws `access.denied` if there are two values for one field */
function assertOne(cells: readonly PresetCell[], model: ResolvedModel, operation: string): void {
  for (const some of Map.groupBy(cells, (cell) => cell.member).values()) {
    if (some.length > 1)
      throw accessDenied(
        model.name,
        operation,
        some.flatMap((cell) => cell.rules),
      )
  }
}

function presetValue({ member, operand }: PresetCell, principal: Principal, now: string): unknown {
  switch (operand.kind) {
    case "me":
      return principal.kind === "user" && isUuid(principal.id) ? principal.id.toLowerCase() : null
    case "today": {
      const day = dayIn(now, principal.timeZone, operand.days)
      return member.kind === "field" && member.type === "datetime" ? dayStart(day, principal.timeZone) : day
    }
    case "constant":
      return canonical(member, operand.value)
    case "claim": {
      const claim = claimOf(principal, operand.name)
      const [only, ...more] = Array.isArray(claim) ? (claim as readonly unknown[]) : [claim]
      return more.length === 0 ? canonical(member, only) : null
    }
    default:
      throw new TypeError("A preset is a constant, or depends on who asks and when.")
  }
}

function canonical(member: ColumnMember, value: unknown): unknown {
  if (value === null || value === undefined) return null
  const parsed = parseValue(member, value)
  return parsed.ok ? parsed.value : null
}

/**
 * The values that presets give to a row.
 *
 * @param applies Whether a preset's condition holds of the row before the change.
 * A claim without a single value gives none: then the grant does not allow the write, since the row does not have what it says.
 *
 * @throws `access.denied` if two grants that match the row differ, or where a required field would stay empty
 */
export function presetValues(
  cells: readonly PresetCell[],
  model: ResolvedModel,
  operation: string,
  { principal, now }: { readonly principal: Principal; readonly now: string },
  applies: (where: Condition) => boolean,
): readonly { readonly member: ColumnMember; readonly value: unknown }[] {
  const applied = cells.filter((cell) => applies(cell.where))
  assertOne(applied, model, operation)
  return applied.flatMap((cell) => {
    const { member } = cell
    const value = presetValue(cell, principal, now)
    const isMeant = cell.operand.kind === "constant" && cell.operand.value === null
    if (value !== null || isMeant) return [{ member, value }]
    if (!member.optional) throw accessDenied(model.name, operation, cell.rules)
    return []
  })
}
