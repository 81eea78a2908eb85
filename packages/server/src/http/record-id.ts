import { ArchipelError, parseKey, type ResolvedModel } from "@archipel/core"

/** An id as it is in an address. What can be no id of the model is no record of it. @throws `record.not_found` */
export function idOf(model: ResolvedModel, segment: string): string {
  let id: string | undefined
  try {
    id = parseKey(model.key, decodeURIComponent(segment))
  } catch {
    id = undefined
  }
  if (id === undefined) throw new ArchipelError("record.not_found", { model: model.name, id: segment.slice(0, 100) })
  return id
}
