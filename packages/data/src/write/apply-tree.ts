/**
 * An authorised tree applied to records in memory: new ones made, stored ones locked, judged and changed.
 *
 * @module
 */
import {
  accessDenied,
  always,
  ArchipelError,
  type CellValue,
  type ColumnMember,
  type Condition,
  type Content,
  fieldDenied,
  type InsertNode,
  type LinesNode,
  type LinksNode,
  missingReference,
  type Mistake,
  type ModelBehaviour,
  type OneMember,
  presetValues,
  type ResolvedModel,
  type RowGuard,
  type RowValues,
  type RulePart,
  type UpdateNode,
  type Work,
  type WorkRow,
} from "@archipel/core"
import { booleanSql } from "../sql/condition-sql.ts"
import { bindParameters, principalId } from "../sql/parameters.ts"
import { hasId, idOf, idType, linkEnds, linkJoin, linkTableOf, tableOf } from "../sql/key-sql.ts"
import { statementBuilder } from "../sql/statement-builder.ts"
import { type GuardedRow, guardedRows } from "./guarded-rows.ts"
import { adoptedId, type Drawn, isAutomatic, nestedValues, sharedColumnMistakes } from "./adopted-rows.ts"
import { newId } from "./new-id.ts"
import { defaultOf, fixedDefaultOf, type WriteSession } from "./write-session.ts"

/** What must hold of a record once it is written. */
export interface AfterCheck {
  readonly row: WorkRow
  readonly condition: Condition
  /** What the condition is made of. */
  readonly parts?: readonly RulePart[]
  readonly operation: string
  /** Where a single cell is meant, its field. */
  readonly field?: string
}

export interface Applied {
  readonly session: WriteSession
  readonly work: Work
  readonly after: AfterCheck[]
  readonly mistakes: Mistake[]
  /** What the database gave for new records before they are written. */
  readonly drawn: Drawn
}

/** The rules that do not hold of a row. */
const refusing = (row: GuardedRow, { parts }: RowGuard): string[] =>
  parts.filter(({ condition }) => !row.holds(condition)).flatMap(({ rules }) => rules)

/** The grants that allow the write of a row, without covering all that it names. */
const grantsOf = ({ parts }: RowGuard): string[] =>
  parts.flatMap(({ rules }) => rules.filter((rule) => rule.includes("/grant/")))

/** Everything of a record that a write names: columns, lines, links. */
export const partsOf = ({
  cells = [],
  lines = [],
  links = [],
}: Partial<Content>): (CellValue | LinesNode | LinksNode)[] => [...cells, ...lines, ...links]

/** @throws `access.denied`, `access.field_denied` for a readable row */
export function assertAllowed(
  row: GuardedRow,
  guard: RowGuard,
  content: Partial<Content>,
  model: ResolvedModel,
  operation: string,
): void {
  if (!row.holds(guard.allowed)) throw accessDenied(model.name, operation, refusing(row, guard))
  const fields = partsOf(content)
    .filter((part) => !row.holds(part.writable))
    .map((part) => part.member.name)
  if (fields.length > 0) throw fieldDenied(model.name, fields, grantsOf(guard))
}

/** The references that these values change. */
export const movingOf = (cells: readonly CellValue[]): { member: OneMember; id: string | null }[] =>
  cells.flatMap(({ member, value }) => (member.kind === "one" ? [{ member, id: value as string | null }] : []))

/** The conditions that a node asks of the row before the change. */
export const conditionsOf = (
  guard: RowGuard,
  behaviour: ModelBehaviour,
  content: Partial<Content> = {},
): Condition[] => [
  guard.readable,
  guard.allowed,
  ...guard.parts.flatMap(({ condition }) => (condition === guard.allowed ? [] : [condition])),
  ...(content.presets ?? []).map((preset) => preset.where),
  ...behaviour.locks.map((lock) => lock.when),
  ...partsOf(content).map((part) => part.writable),
]

/** A record that the write makes, with its lines. */
export function applyInsert(
  applied: Applied,
  node: InsertNode,
  parent?: { readonly by: string; readonly id: string },
): WorkRow {
  const { session, work, after } = applied
  const { model } = node
  const id = node.id ?? (model.adopted ? adoptedId(applied, node, parent) : newId())
  const values = newValues(model, session)
  values["id"] = id
  Object.assign(values, nestedValues(model, parent), applied.drawn.get(node))
  const row = work.insert(model, id, node.path, values)
  setCells(row, node.cells)
  if (node.presets.length > 0) {
    setCells(
      row,
      presetValues(node.presets, model, "create", session, () => true),
    )
  }
  after.push({ row, condition: node.after, parts: node.afterParts, operation: "create" })
  for (const { member, writable } of partsOf(node)) {
    if (writable.kind !== "true") after.push({ row, condition: writable, operation: "create", field: member.name })
  }
  applied.mistakes.push(...sharedColumnMistakes(row))
  for (const lines of node.lines) insertLines(applied, lines, row)
  for (const links of node.links) {
    for (const target of links.add) work.links.push({ member: links.member, own: row.id, target, added: true })
  }
  return row
}

/** What all new records of a model begin with. */
interface Blank {
  /** Every column, so that all of them are copies of one object; empty where who writes, or when, decides. */
  readonly values: Readonly<RowValues>
  /** Columns whose default depends on who writes, or when. */
  readonly ofTheMoment: readonly ColumnMember[]
  readonly at: readonly string[]
  readonly by: readonly string[]
}

const blanks = new WeakMap<ResolvedModel, Blank>()

function blankOf(model: ResolvedModel): Blank {
  const known = blanks.get(model)
  if (known) return known
  const values: RowValues = {}
  const ofTheMoment: ColumnMember[] = []
  for (const member of model.columns) {
    if (member.kind === "field" && member.type === "states") values[member.name] = member.default
    else if (member.writtenBy !== "client") values[member.name] = null
    else {
      const fixed = fixedDefaultOf(member)
      if (fixed === undefined) ofTheMoment.push(member)
      values[member.name] = fixed ?? null
    }
  }
  const automatic = new Set(model.columns.filter(isAutomatic).map(({ name }) => name))
  if (automatic.has("version")) values["version"] = 1
  const blank: Blank = {
    values,
    ofTheMoment,
    at: ["createdAt", "updatedAt"].filter((name) => automatic.has(name)),
    by: ["createdBy", "updatedBy"].filter((name) => automatic.has(name)),
  }
  blanks.set(model, blank)
  return blank
}

function newValues(model: ResolvedModel, session: WriteSession): RowValues {
  const blank = blankOf(model)
  const values = { ...blank.values }
  for (const member of blank.ofTheMoment) values[member.name] = defaultOf(member, session)
  const { now, principal } = session
  for (const name of blank.at) values[name] = now
  const by = principalId(principal)
  for (const name of blank.by) values[name] = by
  return values
}

function setCells(row: WorkRow, cells: readonly Pick<CellValue, "member" | "value">[]): void {
  for (const { member, value } of cells) {
    row.values[member.name] = value
    row.named.add(member.name)
  }
}

/** What an update writes of a row: what was named, and what grants give to the rest of it. */
export function withPresets(session: WriteSession, node: UpdateNode, guarded: GuardedRow): UpdateNode {
  if (node.presets.length === 0) return node
  const given = presetValues(node.presets, node.model, "update", session, (where) => guarded.holds(where))
  const cells = given.map(
    (cell): CellValue => ({ ...cell, path: `${node.path}/${cell.member.name}`, writable: always }),
  )
  return { ...node, cells: [...node.cells, ...cells] }
}

/** Columns, lines and links of a stored record that is locked and was judged. */
export async function applyContent(
  applied: Applied,
  node: Pick<UpdateNode, "cells" | "lines" | "links" | "after" | "afterParts">,
  row: WorkRow,
  operation: string,
): Promise<void> {
  setCells(row, node.cells)
  applied.mistakes.push(...sharedColumnMistakes(row))
  applied.after.push({ row, condition: node.after, parts: node.afterParts, operation })
  for (const lines of node.lines) await applyLines(applied, lines, row)
  for (const links of node.links) await applyLinks(applied, links, row)
}

export function loadLocked(work: Work, model: ResolvedModel, guarded: GuardedRow, path: string): WorkRow {
  const row = work.load(model, guarded.values, { locked: true })
  row.inTree = true
  row.path = path
  return row
}

/** The lines of a new record, which are all new. */
function insertLines(applied: Applied, node: LinesNode, parent: WorkRow): void {
  const { name, target, inverse } = node.member
  for (const line of node.nodes) {
    if (line.kind === "insert") applyInsert(applied, line, { by: inverse.name, id: parent.id })
    else applied.mistakes.push(missingReference(`${line.path}/id`, { name, to: target.name }))
    parent.touched = true
  }
}

async function applyLines(applied: Applied, node: LinesNode, parent: WorkRow): Promise<void> {
  const { session, work, mistakes } = applied
  const { target, inverse } = node.member
  const behaviour = session.environment.service.models.get(target.name) as ModelBehaviour
  const stored = node.nodes.filter((line) => line.kind !== "insert")
  let rows = new Map<string, GuardedRow>()
  if (node.replace || stored.length > 0) {
    rows = await guardedRows(
      session.tx,
      {
        model: target,
        by: node.replace ? inverse : "id",
        ids: node.replace ? [parent.id] : stored.map((line) => line.id),
        conditions: [
          ...(node.replace ? conditionsOf(node.guard, behaviour) : []),
          ...stored.flatMap((line) => conditionsOf(line.guard, behaviour, line.kind === "update" ? line : {})),
        ],
        strength: session.isDraft ? "none" : "update",
        targets: session.environment.graph.targets,
        moving: movingOf(stored.flatMap((line) => (line.kind === "update" ? line.cells : []))),
      },
      session.binding,
    )
  }
  const kept = new Set<string>()
  for (const line of node.nodes) {
    if (line.kind === "insert") {
      kept.add(applyInsert(applied, line, { by: inverse.name, id: parent.id }).id)
      parent.touched = true
      continue
    }
    const guarded = rows.get(line.id)
    if (!guarded || guarded.values[inverse.name] !== parent.id || !guarded.holds(line.guard.readable)) {
      mistakes.push(missingReference(`${line.path}/id`, { name: node.member.name, to: target.name }))
      continue
    }
    assertAllowed(guarded, line.guard, line.kind === "update" ? line : {}, target, line.kind)
    assertUnlocked(
      behaviour,
      guarded,
      line.kind === "update" ? partsOf(line).map(({ member }) => member.name) : undefined,
    )
    kept.add(line.id)
    const row = loadLocked(work, target, guarded, line.path)
    if (line.kind === "delete") row.deleted = true
    else await applyContent(applied, withPresets(session, line, guarded), row, "update")
  }
  if (!node.replace) return
  for (const [id, guarded] of rows) {
    if (kept.has(id) || !guarded.holds(node.guard.readable)) continue
    if (!guarded.holds(node.guard.allowed)) throw accessDenied(target.name, "delete", refusing(guarded, node.guard))
    assertUnlocked(behaviour, guarded, undefined)
    loadLocked(work, target, guarded, node.path).deleted = true
  }
}

async function applyLinks({ session, work }: Applied, node: LinksNode, row: WorkRow): Promise<void> {
  const { member } = node
  const builder = statementBuilder()
  const { own } = linkEnds(member)
  const id = builder.parameter({ kind: "given", name: "id" }, idType(own))
  const seen = booleanSql(node.visible, "t", builder)
  const text = `select ${idOf(member.target)} as id, ${seen} as seen from ${linkTableOf(member)} l join ${tableOf(member.target)} t on ${linkJoin(member, "l", "target", "t")} where ${hasId("l", own, id)}`
  const values = bindParameters(builder.parameters, { ...session.binding, given: { id: row.id } })
  const { rows } = await session.tx.query<{ id: string; seen: string }>({ text }, values)
  const stored = new Set(rows.map((link) => link.id))
  const known = rows.filter((link) => link.seen === "t").map((link) => link.id)
  const added = node.add.filter((each) => !stored.has(each))
  const removed = node.replace
    ? known.filter((each) => !node.add.includes(each))
    : node.remove.filter((each) => known.includes(each))
  for (const each of added) work.links.push({ member, own: row.id, target: each, added: true })
  for (const each of removed) work.links.push({ member, own: row.id, target: each, added: false })
  if (added.length + removed.length > 0) row.touched = true
}

/**
 * @param fields What is to change; undefined for a delete.
 * @throws `record.locked`
 */
export function assertUnlocked(
  behaviour: ModelBehaviour,
  row: GuardedRow,
  fields: readonly string[] | undefined,
): void {
  for (const lock of behaviour.locks) {
    const closed = fields?.filter((name) => !lock.except.has(name))
    if (closed?.length === 0 || !row.holds(lock.when)) continue
    const { model } = behaviour
    throw new ArchipelError("record.locked", {
      model: model.name,
      id: row.values["id"] as string,
      why: lock.why,
      ...(closed ? { fields: closed } : {}),
    })
  }
}
