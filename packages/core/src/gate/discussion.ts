/**
 * The gate for what people say of a record and attach to it: the record's own rights.
 *
 * @module
 */
import type { ColumnMember, ResolvedModel } from "../catalog.ts"
import { ArchipelError } from "../errors.ts"
import { idOf } from "./authorise-change.ts"
import { writeRights } from "./cell-rights.ts"
import { always, type Condition, never } from "./condition.ts"
import { isSystem, type Principal } from "./principal.ts"
import type { Rights } from "./rights.ts"
import { accessDenied } from "./rule-part.ts"

/** What is done with the comments or attachments of a record. */
export type DiscussionOperation = "read" | "comment" | "attach" | "remove"

declare const passed: unique symbol

/** What passed the gate: the record's row still has to satisfy `readable`, and `allowed` besides. */
export interface AuthorisedDiscussion {
  readonly [passed]: true
  readonly model: ResolvedModel
  readonly id: string
  readonly principal: Principal
  readonly operation: DiscussionOperation
  readonly readable: Condition
  readonly allowed: Condition
  /** On which rows also what others wrote may be removed. */
  readonly moderates: Condition
  /** On which rows it may be known who wrote: where it may be known who changed the record. */
  readonly names: Condition
}

/**
 * What happened to a record, and what people said of it, is for those who are known, whatever everybody may read.
 *
 * @throws `access.denied`
 */
export function assertKnown(principal: Principal, model: string, operation: string): void {
  if (principal.kind === "public") throw accessDenied(model, operation)
}

/** Whether these rights let somebody comment on some record, or attach a file to one. */
export function discussionRights(
  rights: Rights,
  model: ResolvedModel,
): { readonly comment: boolean; readonly attach: boolean } | undefined {
  const behaviour = rights.service.models.get(model.name)
  if (!behaviour || !model.discussion || rights.of(model).read.kind === "false") return undefined
  return { comment: true, attach: writeRights(rights, behaviour, "update") !== undefined }
}

/**
 * Who may read a record, and is logged in, reads what was said of it; a user says something, and attaches files if they may update it.
 * What one wrote or attached, one removes; what others did, whoever may delete the record.
 *
 * @throws `query.unknown_model`; `access.denied` for what is refused whatever the row; `record.not_found` for what cannot be an id
 */
export function authoriseDiscussion(
  rights: Rights,
  principal: Principal,
  {
    model: name,
    id,
    operation,
  }: { readonly model: string; readonly id: string; readonly operation: DiscussionOperation },
): AuthorisedDiscussion {
  const behaviour = rights.service.models.get(name)
  if (!behaviour?.model.discussion) throw new ArchipelError("query.unknown_model", { model: name })
  const { model } = behaviour
  const own = rights.of(model)
  if (own.read.kind === "false") throw accessDenied(name, "read")
  assertKnown(principal, name, operation)
  if (operation !== "read" && principal.kind !== "user" && !isSystem(principal)) throw accessDenied(name, operation)
  const update = operation === "attach" ? writeRights(rights, behaviour, "update") : undefined
  if (operation === "attach" && !update) throw accessDenied(name, operation)
  return {
    model,
    id: idOf(model, id),
    principal,
    operation,
    readable: own.read,
    allowed: update?.guard.allowed ?? always,
    moderates: writeRights(rights, behaviour, "delete")?.guard.allowed ?? never,
    names: own.readable(model.members.get("updatedBy") as ColumnMember),
  } as unknown as AuthorisedDiscussion
}
