import type { Change, Executor, Principal, Query, ServiceDefinition } from "@archipel/core"
import type { StopSignal } from "@archipel/data"

/** What one request brings along besides who asks. */
export interface RequestContext {
  /** W3C trace id, 32 hex digits: in the answer, the logs, history and outbox. */
  readonly traceId: string
  /** Stops the work, in the database too. */
  readonly signal?: StopSignal
}

/** A page as the database made it: JSON text, not parsed on the way. */
export interface QueryAnswer {
  /** A JSON array of objects. */
  readonly data: string
  readonly next: string | null
  readonly previous: string | null
  readonly count?: number
}

/** A problem that did not stop the write. */
export interface Warning {
  readonly path: string
  readonly code: string
}

export interface ChangeAnswer {
  readonly id: string
  /** The version after the change; null after a delete. */
  readonly version: number | null
  /** The record re-read under the caller's rights as JSON text; null if it may not be seen, or is gone. */
  readonly data: string | null
  readonly warnings: readonly Warning[]
  /** What an action returned, as JSON text. */
  readonly output?: string
}

export type BulkResult =
  | { readonly ok: true; readonly answer: ChangeAnswer }
  | { readonly ok: false; readonly error: unknown }

/** What a form shows before it is saved; nothing is written. */
export interface DraftRequest {
  readonly model: string
  readonly id?: string
  readonly version?: number
  readonly values: Readonly<Record<string, unknown>>
}
export interface DraftAnswer {
  /** Values that suggestions and computes would give, by field; lines by their `$tmp` or `id`. */
  readonly patch: Readonly<Record<string, unknown>>
  readonly errors: readonly { readonly path: string; readonly code: string; readonly detail: string }[]
  readonly warnings: readonly Warning[]
  readonly fields: Readonly<Record<string, { readonly readonly: boolean; readonly required: boolean }>>
}

/** A request's identity for replay: the same key with the same fingerprint gets the stored answer for 24 hours. */
export interface Idempotency {
  readonly key: string
  /** Hash of method, address and body. */
  readonly fingerprint: string
}

/** One running service: what every protocol speaks to. All of it goes through the gate. */
export interface ServiceRuntime {
  readonly definition: ServiceDefinition
  query(principal: Principal, query: Query, context: RequestContext): Promise<QueryAnswer>
  /** @param select As in `Query.select`. @throws `record.not_found` */
  get(
    principal: Principal,
    model: string,
    id: string,
    select: Query["select"],
    context: RequestContext,
  ): Promise<string>
  change(
    principal: Principal,
    change: Change,
    context: RequestContext,
    idempotency?: Idempotency,
  ): Promise<ChangeAnswer>
  /**
   * Several changes; with `atomic` all or nothing in one transaction, else each for itself, in order. With `idempotency` each of
   * them is done once however often and whenever it is repeated, also after the process died among them; the whole answer is
   * kept when every change is done or refused for good.
   *
   * @param options.records False where the answers need not carry the records.
   * @throws `request.key_reused`; of atomic changes what the first refused one throws, and `request.in_progress`
   */
  bulk(
    principal: Principal,
    changes: readonly Change[],
    options: { readonly atomic: boolean; readonly records?: boolean },
    context: RequestContext,
    idempotency?: Idempotency,
  ): Promise<readonly BulkResult[]>
  draft(principal: Principal, request: DraftRequest, context: RequestContext): Promise<DraftAnswer>
  /** All matching records in batches of JSON texts (one a record), in flat memory. */
  export(principal: Principal, query: Query, context: RequestContext): AsyncIterable<readonly string[]>
  /** The titles of records by id, where the principal may see them or the model's titles are public; others are left out. At most 1,000 ids. */
  titles(
    principal: Principal,
    model: string,
    ids: readonly string[],
    context: RequestContext,
  ): Promise<ReadonlyMap<string, string>>
  /** Several changes of this service as one: committed when `run` returns, undone when it throws. */
  transaction<R>(principal: Principal, run: (executor: Executor) => Promise<R>, context: RequestContext): Promise<R>
  /** Whether the database answers. */
  ready(): Promise<boolean>
}
