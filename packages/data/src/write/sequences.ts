/**
 * Numbers for new records, and for those that a transition numbers.
 *
 * @module
 */
import { dayIn, type FieldMember, isNew, type ResolvedModel, type WorkRow } from "@archipel/core"
import { nextNumber } from "../schema/sequence-number.ts"
import type { WriteSession } from "./write-session.ts"

/** The numbered fields of each model, which most have none of. */
const numbered = new WeakMap<ResolvedModel, readonly FieldMember[]>()

function numberedOf(model: ResolvedModel): readonly FieldMember[] {
  let members = numbered.get(model)
  if (!members) {
    members = model.columns.filter((member) => member.kind === "field" && member.type === "sequence") as FieldMember[]
    numbered.set(model, members)
  }
  return members
}

/** The sequences that these records get a number from. */
function due(rows: readonly WorkRow[], transition: string | undefined): [WorkRow, FieldMember][] {
  const found: [WorkRow, FieldMember][] = []
  for (const row of rows) {
    if (row.deleted) continue
    for (const member of numberedOf(row.model)) {
      const isDue = member.assignedOn === undefined ? isNew(row) : member.assignedOn === transition && row.inTree
      if (isDue && (row.values[member.name] ?? null) === null) found.push([row, member])
    }
  }
  return found
}

function dayOf(row: WorkRow, member: FieldMember, session: WriteSession): string {
  const value = member.period === undefined ? undefined : row.values[member.period]
  if (typeof value !== "string") return dayIn(session.now, session.principal.timeZone)
  return value.length > 10 ? dayIn(value, session.principal.timeZone) : value
}

/** Gives numbers, all in one statement. Those without gaps come last of all, because they make others wait until the end. */
export async function assignNumbers(
  session: WriteSession,
  rows: readonly WorkRow[],
  gapless: boolean,
  transition?: string,
): Promise<void> {
  const wanted = due(rows, transition).filter(([, member]) => (member.gapless ?? false) === gapless)
  if (wanted.length === 0) return
  // One function call after the other, in the order of the records, so that their numbers ascend.
  for (const [member, some] of Map.groupBy(wanted, ([, member]) => member)) {
    const text = `select ${nextNumber(member, "d.day")} as number from unnest($1::date[]) with ordinality as d(day, position) order by d.position`
    const { rows: given } = await session.tx.query<{ number: string }>({ text }, [
      some.map(([row]) => dayOf(row, member, session)),
    ])
    for (const [index, [row]] of some.entries()) {
      row.values[member.name] = given[index]?.number ?? null
    }
  }
}
