/**
 * Executes authorised changes on PostgreSQL: each in one transaction, or in one statement.
 *
 * @module
 */
import {
  ArchipelError,
  authoriseChange,
  type AuthorisedChange,
  authoriseQuery,
  type Change,
  changeLimits,
  type Executor,
  graphOf,
  isoTime,
  isSystem,
  type Principal,
  rightsOf,
  type ServiceDefinition,
} from "@archipel/core"
import pg from "pg"
import type { Database, Queryable } from "../postgres/database.ts"
import { isLocked } from "../postgres/sql-state.ts"
import type { StopSignal } from "../postgres/stop-signal.ts"
import type { Transaction } from "../postgres/transaction.ts"
import type { Reader } from "../read/reader.ts"
import { schemaMeaning } from "../schema/constraint-meaning.ts"
import { FAIL_SQLSTATE } from "../schema/framework-functions.ts"
import type { BulkResult, ChangeAnswer, DraftAnswer, DraftRequest, Idempotency } from "./answers.ts"
import { isFinal, keptResults, readResults } from "./bulk-results.ts"
import { draft } from "./draft.ts"
import { claimKey, partOf, shareKey, storeAnswer, storeSharedAnswer } from "./idempotency.ts"
import { FastCreates } from "./fast-create.ts"
import { type FastUpdated, FastUpdates } from "./fast-update.ts"
import { executorIn, performIn } from "./open-transaction.ts"
import type { Performed } from "./perform.ts"
import type { RemoteReader } from "./stored-rows.ts"
import { failureOf, translateWrite } from "./write-errors.ts"
import {
  bindingOf,
  type Elsewhere,
  type ElsewhereContext,
  type WriteEnvironment,
  type WriteSession,
} from "./write-session.ts"

export interface WriterOptions {
  readonly database: Database
  readonly service: ServiceDefinition
  /** For the answers, and for what the code of transitions and actions reads. */
  readonly reader: Reader
  /**
   * Other services' records for suggestions, checks and the existence of references: called once for each service and write.
   * Without it, references into other services are taken as they are and no suggestion looks there.
   */
  readonly remoteReader?: (principal: Principal, context: ElsewhereContext) => RemoteReader
  /** For code that runs in transactions. Without it other services are not there. */
  readonly elsewhere?: Elsewhere
  /** The instant of a write; the present when left out. */
  readonly now?: () => Date
}

export interface WriteOptions {
  readonly traceId?: string
  readonly signal?: StopSignal
}

export interface BulkOptions extends WriteOptions {
  readonly atomic?: boolean
  /** False: the answers' `data` is null, and no record is read again. Default true. */
  readonly records?: boolean
  readonly idempotency?: Idempotency
}

export interface Writer {
  /**
   * Performs a change: all of it or nothing, with its history and events.
   *
   * @throws what the change is refused for, in the contract's words
   */
  change(
    authorised: AuthorisedChange,
    options?: WriteOptions & { readonly idempotency?: Idempotency },
  ): Promise<ChangeAnswer>
  /**
   * Each change for itself, in order, with its own outcome; with `atomic` all in one transaction, and the first failure is thrown.
   * At most `changeLimits.bulk`.
   *
   * With `idempotency`, atomic changes are done and answered like a single one. Changes for themselves each leave a trace of their
   * own in the transaction that does them, and the whole answer is kept when the last one is done or refused: a repeat gets it. A
   * repeat after less than that, because the process died or something failed for a passing reason, does what was not done, answers
   * what was done before as it was answered then, and judges anew what was refused. Repeats at the same time share the work; each
   * change is done once, and all get the answer of the first that ends.
   */
  bulk(principal: Principal, changes: readonly Change[], options?: BulkOptions): Promise<readonly BulkResult[]>
  /** What a create, or with an `id` an update, would give, and what would be wrong with it. Reads only, locks nothing. */
  draft(principal: Principal, request: DraftRequest, options?: WriteOptions): Promise<DraftAnswer>
  /** Runs code in one transaction of this service, with the principal's rights. Committed when it returns, undone when it throws. */
  transaction<R>(principal: Principal, run: (executor: Executor) => Promise<R>, options?: WriteOptions): Promise<R>
}

/** The transaction with its next statement as the last one: the commit travels with it. */
const committing = (tx: Transaction): Queryable => ({
  query: (statement, values, options) =>
    tx.query(statement, values, { ...(options?.parse ? { parse: true } : {}), last: true }),
  text: (statement, values) => tx.text(statement, values, { last: true }),
  cells: (statement, values) => tx.cells(statement, values, { last: true }),
})

/** A write that is done, as far as its answer needs it. */
type Written = Omit<Performed, "row"> & Pick<FastUpdated, "row">

const answerWith = ({ row, warnings, output }: Written, data: string | null): ChangeAnswer => ({
  id: row.id,
  version: row.deleted ? null : Number(row.values["version"]),
  data,
  warnings,
  ...(output === undefined ? {} : { output: JSON.stringify(output) }),
})

/** An upsert that lost the race for its key finds the record when it is tried again. */
const MAX_UPSERTS = 3

export function createWriter({
  database,
  service,
  reader,
  remoteReader,
  elsewhere,
  now = () => new Date(),
}: WriterOptions): Writer {
  const environment: WriteEnvironment = {
    service,
    graph: graphOf(service),
    meaning: schemaMeaning(service.catalog, service.name),
    remote: remoteReader ?? (() => async () => undefined),
    elsewhere,
  }

  const sessionOf = (tx: Queryable, principal: Principal, options: WriteOptions): WriteSession => {
    const instant = isoTime(now().getTime())
    const { traceId = null, signal } = options
    const context: ElsewhereContext = { traceId, ...(signal ? { signal } : {}) }
    return {
      environment,
      tx,
      principal,
      rights: rightsOf(service, principal),
      binding: bindingOf(principal, instant),
      now: instant,
      origin: {
        traceId,
        via: null,
        reason: isSystem(principal) && "reason" in principal ? String(principal.reason) : null,
      },
      remote: environment.remote(principal, context),
      context,
      written: { count: 0 },
    }
  }

  const answerOf = async (
    session: WriteSession,
    written: Written,
    on: Queryable = session.tx,
  ): Promise<ChangeAnswer> => {
    const { row } = written
    const { rights, principal } = session
    const isVisible = !row.deleted && rights.of(row.model).read.kind !== "false"
    let data: string | null = null
    if (isVisible) {
      const query = authoriseQuery(rights, principal, {
        model: row.model.name,
        where: { id: row.id },
        limit: 1,
        archived: "any",
      })
      const page = await reader.page(query, { now: session.now, queryable: on })
      data = page.data === "[]" ? null : page.data.slice(1, -1)
    }
    return answerWith(written, data)
  }

  const inOne = <R>(
    principal: Principal,
    options: WriteOptions,
    retry: boolean,
    run: (session: WriteSession, tx: Transaction) => Promise<R>,
  ): Promise<R> =>
    database
      .transaction((tx) => run(sessionOf(tx, principal, options), tx), {
        retry,
        ...(options.signal ? { signal: options.signal } : {}),
      })
      .catch((error: unknown) => {
        throw failureOf(error)
      })

  const changeOnce = (
    authorised: AuthorisedChange,
    options: WriteOptions & { readonly idempotency?: Idempotency },
  ): Promise<ChangeAnswer> =>
    inOne(authorised.principal, options, true, async (session, tx) => {
      const { idempotency } = options
      if (idempotency) {
        const stored = await claimKey(session.tx, session.principal, idempotency)
        if (stored !== undefined) return JSON.parse(stored) as ChangeAnswer
      }
      const performed = await performIn(session, reader, authorised)
      if (!idempotency) return answerOf(session, performed, committing(tx))
      const answer = await answerOf(session, performed)
      await storeAnswer(session.tx, session.principal, idempotency, JSON.stringify(answer))
      return answer
    })

  const creates = new FastCreates(database)
  const updates = new FastUpdates(database)

  /** In one statement, if that can be; undefined if not, and then nothing happened. */
  const changeFast = async (authorised: AuthorisedChange, options: WriteOptions): Promise<ChangeAnswer | undefined> => {
    const session = sessionOf(database, authorised.principal, options)
    try {
      const { operation } = authorised.change
      const done: (FastUpdated & Partial<Pick<Performed, "warnings">>) | undefined =
        operation === "create" ? await creates.create(session, authorised) : await updates.update(session, authorised)
      if (!done) return undefined
      const { warnings = [] } = done
      const written = { row: done.row, warnings }
      return done.data === undefined ? await answerOf(session, written) : answerWith(written, done.data)
    } catch (error) {
      // Somebody else holds what it needs: waiting for long is for transactions, which have connections of their own.
      if (isLocked(error)) return undefined
      // A reference that is missing is told with its path, and with all else that is wrong.
      if (error instanceof pg.DatabaseError && error.code === FAIL_SQLSTATE && error.message === "reference.missing")
        return undefined
      throw translateWrite(error, environment, authorised.change.model, "write")
    }
  }

  const change: Writer["change"] = async (authorised, options = {}) => {
    const { operation } = authorised.change
    if ((operation === "create" || operation === "update") && !options.idempotency) {
      const answer = await changeFast(authorised, options)
      if (answer) return answer
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await changeOnce(authorised, options)
      } catch (error) {
        const lostRace =
          error instanceof ArchipelError && error.code === "record.duplicate" && error.cause !== undefined
        if (operation !== "upsert" || !lostRace || attempt >= MAX_UPSERTS) throw error
      }
    }
  }

  return {
    change,
    async bulk(principal, changes, { atomic = false, records = true, idempotency, ...options } = {}) {
      if (changes.length > changeLimits.bulk)
        throw new ArchipelError("query.too_complex", { what: "changes", limit: changeLimits.bulk })
      const authorise = (one: Change): AuthorisedChange => authoriseChange(rightsOf(service, principal), principal, one)
      if (atomic) {
        const all = changes.map(authorise)
        return inOne(principal, options, true, async (session) => {
          const stored = idempotency && (await claimKey(session.tx, principal, idempotency))
          if (stored !== undefined) return readResults(stored)
          const done: Performed[] = []
          for (const authorised of all) done.push(await performIn(session, reader, authorised))
          const results: BulkResult[] = []
          for (const one of done)
            results.push({ ok: true, answer: records ? await answerOf(session, one) : answerWith(one, null) })
          if (idempotency) await storeAnswer(session.tx, principal, idempotency, keptResults(results))
          return results
        })
      }
      const stored =
        idempotency && (await inOne(principal, options, true, ({ tx }) => shareKey(tx, principal, idempotency)))
      if (stored !== undefined) return readResults(stored)
      const results: BulkResult[] = []
      for (const [index, one] of changes.entries()) {
        const own = idempotency ? { ...options, idempotency: partOf(idempotency, index) } : options
        try {
          const answer = await change(authorise(one), own)
          results.push({ ok: true, answer: records ? answer : { ...answer, data: null } })
        } catch (error) {
          results.push({ ok: false, error })
        }
      }
      if (!idempotency || !results.every(isFinal)) return results
      const kept = keptResults(results)
      return readResults(
        await inOne(principal, options, true, ({ tx }) => storeSharedAnswer(tx, principal, idempotency, kept)),
      )
    },
    draft: (principal, request, options = {}) =>
      database.transaction((tx) => draft({ ...sessionOf(tx, principal, options), isDraft: true }, request), {
        readOnly: true,
        ...(options.signal ? { signal: options.signal } : {}),
      }),
    transaction: (principal, run, options = {}) =>
      inOne(principal, options, false, (session) => run(executorIn(session, reader))),
  }
}
