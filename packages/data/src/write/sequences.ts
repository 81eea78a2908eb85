/**
 * Numbers for new records, and for those that a transition numbers.
 *
 * @module
 */
import { dayIn, type FieldMember, isNew, type WorkRow } from "@archipel/core"
import { nextNumber } from "../schema/sequence-number.ts"
import type { WriteSession } from "./write-session.ts"

/** The sequences that these records get a number from. */
function due(rows: readonly WorkRow[], transition: string | undefined): [WorkRow, FieldMember][] {
  return rows.flatMap((row) =>
    row.deleted
      ? []
      : row.model.columns.flatMap((member): [WorkRow, FieldMember][] => {
          if (member.kind !== "field" || member.type !== "sequence") return []
          const isDue = member.assignedOn === undefined ? isNew(row) : member.assignedOn === transition && row.inTree
          return isDue && (row.values[member.name] ?? null) === null ? [[row, member]] : []
        }),
  )
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
