import { ArchipelError, type UpsertNode } from "@archipel/core"
import { booleanSql } from "../sql/condition-sql.ts"
import { idOf, tableOf } from "../sql/key-sql.ts"
import { bindParameters } from "../sql/parameters.ts"
import { columnOf, statementBuilder, valueType } from "../sql/statement-builder.ts"
import { boundValue } from "./row-values.ts"
import type { WriteSession } from "./write-session.ts"

/**
 * The id of the record that has the same values in the key, locked; undefined if there is none.
 *
 * @throws `record.duplicate` for a record that may not be seen: all that is told of it is that the key is taken
 */
export async function findByKey(session: WriteSession, node: UpsertNode): Promise<string | undefined> {
  const { model, key, insert, update } = node
  const builder = statementBuilder()
  const equal = key.map(
    (member) =>
      `${columnOf("t", member)} = ${builder.parameter({ kind: "given", name: member.name }, valueType(member))}`,
  )
  if (model.archive) equal.push("t.archived_at is null")
  const text = `select ${idOf(model)} as id, ${booleanSql(update.guard.readable, "t", builder)} as readable from ${tableOf(model)} t where ${equal.join(" and ")} for no key update`
  const cells = new Map(insert.cells.map((cell) => [cell.member.name, boundValue(cell.member, cell.value)]))
  const values = bindParameters(builder.parameters, { ...session.binding, given: Object.fromEntries(cells) })
  const { rows } = await session.tx.query<{ id: string; readable: string }>({ text }, values)
  const [found] = rows
  if (!found) return undefined
  if (found.readable !== "t")
    throw new ArchipelError("record.duplicate", { model: model.name, fields: key.map((m) => m.name) })
  return found.id
}
