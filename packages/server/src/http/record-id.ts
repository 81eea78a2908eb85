import { ArchipelError, type ResolvedModel } from "@archipel/core"

export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** An id as it is in an address. What can be no id of the model is no record of it. @throws `record.not_found` */
export function idOf(model: ResolvedModel, segment: string): string {
  const member = model.members.get("id")
  const isUuid = member?.kind === "field" && member.type === "uuid"
  if (isUuid && uuid.test(segment)) return segment.toLowerCase()
  if (isUuid) throw new ArchipelError("record.not_found", { model: model.name, id: segment.slice(0, 100) })
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new ArchipelError("record.not_found", { model: model.name, id: segment.slice(0, 100) })
  }
}
