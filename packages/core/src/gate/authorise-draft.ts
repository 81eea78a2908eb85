import { isFixed } from "../adopted.ts"
import type { Member } from "../catalog.ts"
import type { ChangeValues } from "../change.ts"
import { ArchipelError, type Mistake } from "../errors.ts"
import type { ModelBehaviour } from "../service-definition.ts"
import { idOf, invalid, rightsFor, updateNode } from "./authorise-change.ts"
import { insertNode } from "./authorise-content.ts"
import { isClientWritten, isWritableList, type RowOperation, writeRights } from "./cell-rights.ts"
import { isRecord, Payload } from "./payload.ts"
import type { Principal } from "./principal.ts"
import type { Rights } from "./rights.ts"
import type { InsertNode, ReferenceCheck, UpdateNode } from "./write-tree.ts"

/** What a form holds before it is saved: mistakes in its values are part of the answer. */
export interface DraftNode {
  readonly node: InsertNode | UpdateNode
  readonly references: readonly ReferenceCheck[]
  readonly mistakes: readonly Mistake[]
}

/**
 * The gate for drafts: the rights of the create or update that the form would send.
 *
 * @throws as `authoriseChange`, but for `record.invalid`
 */
export function authoriseDraft(
  rights: Rights,
  principal: Principal,
  draft: { readonly model: string; readonly id?: string; readonly version?: number; readonly values: ChangeValues },
): DraftNode {
  const behaviour = rights.service.models.get(draft.model)
  if (!behaviour) throw new ArchipelError("query.unknown_model", { model: draft.model })
  if (!isRecord(draft.values)) invalid("", "value.type", "The values are an object.")
  const payload = new Payload(rights, principal)
  const node =
    draft.id === undefined
      ? insertNode(behaviour, rightsFor(rights, behaviour, "create"), draft.values, { path: "", depth: 0 }, payload)
      : updateNode(
          behaviour,
          rightsFor(rights, behaviour, "update"),
          idOf(behaviour.model, draft.id),
          draft.version,
          draft.values,
          payload,
        )
  const mistakes = [...payload.mistakes]
  payload.mistakes.length = 0
  payload.finish()
  return { node, references: payload.references, mistakes }
}

/** Whether the principal may ever write the member of a record of this kind. */
export function mayWrite(rights: Rights, behaviour: ModelBehaviour, operation: RowOperation, member: Member): boolean {
  const own = writeRights(rights, behaviour, operation)
  if (!own) return false
  const isClients =
    member.kind === "field" || member.kind === "one"
      ? isClientWritten(member) && !(operation === "update" && isFixed(member))
      : isWritableList(member)
  return isClients && own.writable(member).kind !== "false"
}
