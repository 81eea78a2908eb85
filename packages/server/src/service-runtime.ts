import type {
  AccessExplanation,
  AccessQuestion,
  Change,
  Executor,
  PartialAnswer,
  Principal,
  Query,
  ServiceDefinition,
} from "@archipel/core"
import type {
  BulkResult,
  ChangeAnswer,
  Discussions,
  DraftAnswer,
  DraftRequest,
  Idempotency,
  Page,
  StopSignal,
} from "@archipel/data"
import type { HistoryPage } from "./history.ts"
import type { MirrorAnswer, MirrorRequest } from "./mirror/exchange.ts"
import type { MirrorState } from "./mirror/mirrors.ts"

/** What one request brings along besides who asks. */
export interface RequestContext {
  /** W3C trace id, 32 hex digits: in the answer, the logs and the history. */
  readonly traceId: string
  /** Stops the work, in the database too. */
  readonly signal?: StopSignal
  /**
   * Whether an answer without what other services show in it is better than none while these are away. Code must not work with half
   * of what it asked for, nor may a file lack it without a word: false when left out, and then the outage is thrown.
   */
  readonly mayBePartial?: boolean
}

/** Says whether anything is missing from an answer. */
export interface Composed {
  /** There where something is, and only where `RequestContext.mayBePartial`. */
  readonly partial?: PartialAnswer
}

/** A page with what other services show in it. */
export interface ComposedPage extends Page, Composed {
  /** What is in `data`, where it had to be looked at anyway; whoever has the page may change them. */
  readonly rows?: Record<string, unknown>[]
}

/** A record's JSON text, with what other services show in it. */
export interface ComposedRecord extends Composed {
  readonly data: string
}

/** One running service: what every protocol speaks to. All of it goes through the gate. */
export interface ServiceRuntime {
  readonly definition: ServiceDefinition
  query(principal: Principal, query: Query, context: RequestContext): Promise<ComposedPage>
  /** Another service's records, as this one asks it for the principal. @throws `service.unavailable` */
  queryElsewhere(principal: Principal, query: Query, context: RequestContext): Promise<ComposedPage>
  /** @throws `record.not_found` */
  get(
    principal: Principal,
    model: string,
    id: string,
    shown: Pick<Query, "select" | "can">,
    context: RequestContext,
  ): Promise<ComposedRecord>
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
  /**
   * What happened to a record, newest first, as far as the principal may see it today.
   *
   * @throws `record.not_found`, `query.bad_cursor`
   */
  history(
    principal: Principal,
    of: { readonly model: string; readonly id: string; readonly after?: string; readonly limit: number },
    context: RequestContext,
  ): Promise<HistoryPage>
  /** What people say of records and attach to them. */
  readonly discussions: Discussions
  /** Several changes of this service as one: committed when `run` returns, undone when it throws. */
  transaction<R>(principal: Principal, run: (executor: Executor) => Promise<R>, context: RequestContext): Promise<R>
  /** @throws `access.denied` to whom the service does not let explain */
  assertMayExplain(asker: Principal, model: string): void
  /**
   * Why a principal may or may not do something: one statement, under the system.
   *
   * @throws `access.denied` to whom the service does not let explain; `request.invalid` for an operation that the model does not have
   */
  explain(
    asker: Principal,
    principal: Principal,
    question: AccessQuestion,
    context: RequestContext,
  ): Promise<AccessExplanation>
  /**
   * What another service keeps of this one's records, page by page.
   *
   * @throws `access.denied`, `query.unknown_model`, `query.unknown_field` for what it may not read whatever the row
   */
  mirror(principal: Principal, request: MirrorRequest, context: RequestContext): Promise<MirrorAnswer>
  /** How what this service keeps of others stands. */
  mirrors(): readonly MirrorState[]
  /** Whether the database answers. */
  ready(): Promise<boolean>
}
