/**
 * Transitions and actions.
 *
 * @module
 */
import {
  always,
  ArchipelError,
  type AuthorisedChange,
  type CellValue,
  claimOf,
  type Context,
  dayIn,
  dbOver,
  type Executor,
  inputValues,
  type InvokeNode,
  Loading,
  type Mistake,
  parseDependency,
  pathTree,
  RecordViews,
  serviceUnavailable,
  systemPrincipal,
  Work,
  type WorkRow,
} from "@archipel/core"
import type { Reader } from "../read/reader.ts"
import { applyContent, assertAllowed, conditionsOf, loadLocked } from "./apply-tree.ts"
import { type GuardedRow, guardedRows } from "./guarded-rows.ts"
import { complete, lockRecord, newApplied, type Performed } from "./perform.ts"
import { storedRows } from "./stored-rows.ts"
import { defaultOf, sessionAs, type WriteSession } from "./write-session.ts"

type ExecutorOf = (session: WriteSession, reader: Reader) => Executor

function contextOf(session: WriteSession, node: InvokeNode, reader: Reader, executorOf: ExecutorOf): Context {
  const { principal, rights, now } = session
  return {
    user: { id: principal.id, in: (role) => rights.has(role), claim: (name) => claimOf(principal, name) },
    db: dbOver(executorOf(session, reader)),
    now,
    today: dayIn(now, principal.timeZone),
    input: node.input,
    asSystem: (reason, run) => run(dbOver(executorOf(sessionAs(session, systemPrincipal(reason), reason), reader))),
  }
}

/** The record with what the author's code says it needs, as stored now. */
async function viewOf(session: WriteSession, node: InvokeNode, guarded: GuardedRow): Promise<Record<string, unknown>> {
  const { model, invocation } = node
  const paths = invocation.needs.flatMap((text) => {
    const path = parseDependency(model, text)
    return typeof path === "string" ? [] : [path]
  })
  const tree = pathTree(paths)
  const work = new Work()
  const row = work.load(model, guarded.values, { locked: true })
  const loading = new Loading(
    work,
    storedRows(session.tx, session.binding, session.remote),
    session.environment.graph.targets,
  )
  await loading.tree(tree, [row], true)
  for (const member of tree.remotes.keys()) {
    if (loading.isAway(member.target)) throw serviceUnavailable(member.target.service)
  }
  return { id: row.id, ...new RecordViews(work, loading).view(row, tree) }
}

/** The input with the defaults that only the write can know. */
function withDefaults(session: WriteSession, node: InvokeNode): InvokeNode {
  if (node.defaults.length === 0) return node
  const values = node.defaults.map((member) => [member.name, defaultOf(member, session)] as const)
  const cells: CellValue[] = []
  if (node.invocation.transition) {
    for (const [name, value] of values) {
      const member = node.model.columns.find((column) => column.name === name)
      if (member) cells.push({ member, value, path: `/${name}`, writable: always })
    }
  }
  return { ...node, input: { ...node.input, ...Object.fromEntries(values) }, cells: [...node.cells, ...cells] }
}

function checkedOutput(node: InvokeNode, returned: unknown): unknown {
  const definitions = node.model.actions.get(node.invocation.name)?.output ?? {}
  const mistakes: Mistake[] = []
  const given = (returned ?? {}) as Record<string, unknown>
  const output = inputValues(node.model, definitions, given, "", (path, code, detail) =>
    mistakes.push({ path, code, detail }),
  )
  if (mistakes.length > 0) {
    const what = mistakes.map((m) => `${m.path} ${m.detail}`).join("; ")
    throw new ArchipelError(
      "internal",
      {},
      {
        cause: new TypeError(
          `${node.model.name}.${node.invocation.name} returned what its contract does not say: ${what}`,
        ),
      },
    )
  }
  return output
}

/**
 * Locks the record, then: its state, who may, what the author's code does (in this transaction, with the caller's rights), the
 * new state and the input, what follows from them, and the event.
 *
 * @throws `record.not_found`, `record.version_conflict`, `record.transition_refused`, `access.denied`, what the code refuses
 */
export async function runInvocation(
  session: WriteSession,
  change: AuthorisedChange,
  reader: Reader,
  executorOf: ExecutorOf,
): Promise<Performed> {
  const node = withDefaults(session, change.tree.root as InvokeNode)
  const { model, behaviour, invocation } = node
  const { transition, run } = invocation
  const guarded = await lockRecord(session, node, conditionsOf(node.guard, behaviour))
  if (transition) {
    const state = String(guarded.values[transition.field.name])
    if (!transition.from.includes(state)) {
      throw new ArchipelError("record.transition_refused", {
        model: model.name,
        id: node.id,
        transition: invocation.name,
        from: transition.from,
        state,
      })
    }
  }
  assertAllowed(guarded, node.guard, {}, model, invocation.name)
  let returned: unknown
  let current = guarded
  if (run) {
    const inner: WriteSession = { ...session, origin: { ...session.origin, via: invocation.name } }
    const before = session.written.count
    const record = await viewOf(session, node, guarded)
    returned = await run(record as never, contextOf(inner, node, reader, executorOf))
    if (session.written.count !== before) current = await again(session, node)
  }
  if (!transition) {
    const row = new Work().load(model, current.values, { locked: true })
    return { row, warnings: [], output: checkedOutput(node, returned) }
  }
  const applied = newApplied(session)
  const row: WorkRow = loadLocked(applied.work, model, current, "")
  row.values[transition.field.name] = transition.to
  await applyContent(
    applied,
    { cells: node.cells, lines: [], links: [], after: node.after, afterParts: node.afterParts },
    row,
    invocation.name,
  )
  const warnings = await complete(applied, row, change.tree.references, {
    action: invocation.name,
    event: transition.event ?? transition.to,
  })
  return { row, warnings }
}

/** The record after the author's code wrote: it may have changed this very record, or deleted it. */
async function again(session: WriteSession, node: InvokeNode): Promise<GuardedRow> {
  const { model } = node
  const rows = await guardedRows(
    session.tx,
    {
      model,
      by: "id",
      ids: [node.id],
      conditions: [],
      strength: "no key update",
      targets: session.environment.graph.targets,
    },
    session.binding,
  )
  const row = rows.get(node.id)
  if (!row) throw new ArchipelError("record.not_found", { model: model.name, id: node.id })
  return row
}
