/**
 * What a write would give, without writing.
 *
 * @module
 */
import {
  authoriseDraft,
  claimOf,
  type ConditionScope,
  type DraftNode,
  holds,
  type InsertNode,
  isNew,
  type LinesNode,
  mayWrite,
  type Rights,
  sameValue,
  settle,
  type UpdateNode,
  type Work,
  type WorkRow,
  mustBeGiven,
} from "@archipel/core"
import type { DraftAnswer, DraftRequest } from "./answers.ts"
import { type Applied, applyContent, applyInsert, conditionsOf, loadLocked, withPresets } from "./apply-tree.ts"
import type { GuardedRow } from "./guarded-rows.ts"
import { lockRecord, newApplied } from "./perform.ts"
import { changedReferences, missingReferences, remoteReferences } from "./references.ts"
import { storedRows } from "./stored-rows.ts"
import { defaultOf, type WriteSession } from "./write-session.ts"

/** Same functions, same rights, same result as the write; the transaction only reads. */
export async function draft(session: WriteSession, request: DraftRequest): Promise<DraftAnswer> {
  const { rights, principal, environment, binding } = session
  const { node, references, mistakes }: DraftNode = authoriseDraft(rights, principal, request)
  const applied = newApplied(session)
  const guarded =
    node.kind === "update"
      ? await lockRecord(session, node, conditionsOf(node.guard, node.behaviour, node), "none")
      : undefined
  const root = await apply(applied, node, guarded)
  const wanted = changedReferences(references, applied.work)
  const scope: ConditionScope = {
    me: root.values["updatedBy"] as string | null,
    claim: (name) => claimOf(principal, name),
    now: session.now,
    timeZone: principal.timeZone,
  }
  const settled = await settle(
    environment.graph,
    applied.work,
    storedRows(session.tx, binding, session.remote, false),
    {
      ...scope,
      rights,
      draft: true,
      references: remoteReferences(wanted),
      defaultOf: (member) => defaultOf(member, session),
    },
  )
  const errors = [...mistakes, ...applied.mistakes, ...(await missingReferences(session, wanted)), ...settled.errors]
  const known = new Set<string>()
  return {
    patch: patchOf(root, node, applied.work, rights, scope),
    errors: errors.filter(({ path, code }) => !known.has(`${path} ${code}`) && known.add(`${path} ${code}`)),
    warnings: settled.warnings,
    fields: fieldsOf(node, rights, guarded),
  }
}

async function apply(
  applied: Applied,
  node: InsertNode | UpdateNode,
  guarded: GuardedRow | undefined,
): Promise<WorkRow> {
  if (node.kind === "insert" || !guarded) return applyInsert(applied, node as InsertNode)
  const row = loadLocked(applied.work, node.model, guarded, "")
  await applyContent(applied, withPresets(applied.session, node, guarded), row, "update")
  return row
}

/** What of a record the caller did not name and would get, as far as it may be seen. */
function ownPatch(
  row: WorkRow,
  work: Work,
  rights: Rights,
  scope: ConditionScope,
  presets: ReadonlySet<string> = new Set(),
): Record<string, unknown> {
  const own = rights.of(row.model)
  const patch: Record<string, unknown> = {}
  for (const member of row.model.columns) {
    const isNamed = row.named.has(member.name) && !presets.has(member.name)
    if (isNamed || member.writtenBy === "framework" || row.model.owner?.inverse === member) continue
    const value = row.values[member.name] ?? null
    if (isNew(row) ? value === null : sameValue(row.before?.[member.name] ?? null, value)) continue
    const readable = own.readable(member)
    if (readable.kind === "true" || holds(readable, row, work, scope)) patch[member.name] = value
  }
  return patch
}

function patchOf(
  row: WorkRow,
  node: InsertNode | UpdateNode,
  work: Work,
  rights: Rights,
  scope: ConditionScope,
): Record<string, unknown> {
  const presets = new Set(node.presets.map(({ member }) => member.name))
  const patch = ownPatch(row, work, rights, scope, presets)
  for (const lines of node.lines) {
    const patches = linePatches(row, lines, work, rights, scope)
    if (patches.length > 0) patch[lines.member.name] = patches
  }
  for (const list of row.model.lists) {
    if (list.kind !== "many" || !list.owned || node.lines.some((lines) => lines.member === list)) continue
    const patches = [...work.ofModel(list.target).values()]
      .filter((line) => !line.deleted && line.values[list.inverse.name] === row.id)
      .map((line) => ({ id: line.id, ...ownPatch(line, work, rights, scope) }))
      .filter((line) => Object.keys(line).length > 1)
    if (patches.length > 0) patch[list.name] = patches
  }
  return patch
}

function linePatches(
  parent: WorkRow,
  lines: LinesNode,
  work: Work,
  rights: Rights,
  scope: ConditionScope,
): Record<string, unknown>[] {
  const nodes = new Map(lines.nodes.map((node) => [node.path, node]))
  return [...work.ofModel(lines.member.target).values()]
    .filter((line) => !line.deleted && line.values[lines.member.inverse.name] === parent.id)
    .flatMap((line) => {
      const node = nodes.get(line.path)
      const name = isNew(line)
        ? node?.kind === "insert" && node.tmp !== undefined
          ? { $tmp: node.tmp }
          : { $path: line.path }
        : { id: line.id }
      const patch =
        node && node.kind !== "delete" ? patchOf(line, node, work, rights, scope) : ownPatch(line, work, rights, scope)
      return Object.keys(patch).length > 0 ? [{ ...name, ...patch }] : []
    })
}

function fieldsOf(
  node: InsertNode | UpdateNode,
  rights: Rights,
  guarded: GuardedRow | undefined,
): DraftAnswer["fields"] {
  const { behaviour, model } = node
  const locks = guarded ? behaviour.locks.filter((lock) => guarded.holds(lock.when)) : []
  const isRefused = node.kind === "update" && guarded !== undefined && !guarded.holds(node.guard.allowed)
  const fields: Record<string, { readonly: boolean; required: boolean }> = {}
  for (const member of model.members.values()) {
    const isColumn = member.kind === "field" || member.kind === "one"
    if (isColumn && rights.of(model).readable(member).kind === "false") continue
    const isLocked = locks.some((lock) => !lock.except.has(member.name))
    const writable =
      !isRefused && !isLocked && mayWrite(rights, behaviour, node.kind === "insert" ? "create" : "update", member)
    fields[member.name] = {
      readonly: !writable,
      required: writable && isColumn && mustBeGiven(member),
    }
  }
  return fields
}
