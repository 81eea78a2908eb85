import type { FieldMember, ResolvedModel, Rights, WorkRow } from "@archipel/core"

const OPAQUE: ReadonlySet<FieldMember["type"]> = new Set(["json", "file", "image"])

/** Whether a record's text can be made here, equal byte by byte to what the database would give: no cell depends on the row. */
function knows(rights: Rights, model: ResolvedModel): boolean {
  const own = rights.of(model)
  return model.columns.every((member) => {
    const { kind } = own.readable(member)
    return kind === "false" || (kind === "true" && !(member.kind === "field" && OPAQUE.has(member.type)))
  })
}

/** A record as the answer of a write, of values that are in memory anyway. Only where `answerText.knows`. */
export function answerText(row: WorkRow, rights: Rights): string {
  const own = rights.of(row.model)
  const shown: Record<string, unknown> = {}
  for (const member of row.model.columns) {
    if (own.readable(member).kind === "true") shown[member.name] = row.values[member.name] ?? null
  }
  return JSON.stringify(shown)
}
answerText.knows = knows
