import type {
  ActionName,
  Create,
  Flat,
  Grouping,
  Id,
  InvocationInput,
  InvocationOutput,
  MirroredPath,
  Mistake,
  PartialAnswer,
  Paths,
  Selected,
  SelectEntry,
  TransitionName,
  Update,
  Where,
  WhereJson,
} from "@archipel/core"
import type { ApiError } from "./api-error.ts"
import type { CallOptions } from "./send.ts"

/** Records, and where to go on. */
export interface Page<R> {
  readonly data: readonly R[]
  /** For `after`; null on the last page. */
  readonly next: string | null
  /** For `before`. */
  readonly previous?: string | null
  /** There where it was asked for. */
  readonly count?: number
  /** Services that did not answer, whose parts are marked `_unavailable`. */
  readonly partial?: PartialAnswer
}

/** What to find: the words of a query, typed by the contract. */
export interface ListQuery<N extends string, P extends readonly string[]> {
  readonly select: Paths<N, P>
  readonly where?: Where<N>
  readonly search?: string
  readonly orderBy?: readonly (Flat<N> | `-${Flat<N>}` | MirroredPath<N> | `-${MirroredPath<N>}`)[]
  /** Records of a page: 1 to 1,000; 100 when left out. */
  readonly limit?: number
  readonly archived?: "exclude" | "any" | "only"
  /** Whether each record says in `_can` what may be done with it. */
  readonly can?: true
}

/** A page of it. */
export interface PageQuery<N extends string, P extends readonly string[]> extends ListQuery<N, P> {
  readonly after?: string
  readonly before?: string
  readonly last?: true
  readonly count?: "exact" | "estimate"
}

/** What is said of a record beside its fields. */
export interface RecordNotes {
  /** Fields of it that may not be seen. */
  readonly _masked?: readonly string[]
  readonly _can?: readonly string[]
}

/** What came of a write. */
export interface WriteNotes {
  /** What the service warns of: the write went through all the same. */
  readonly _warnings?: readonly { readonly code: string; readonly path?: string }[]
}

/** A record as it is after a write; of one that may not be read, only its id. */
export type Written<N extends string> = { readonly id: Id<N> } & Partial<Selected<N, Flat<N>>> & WriteNotes

export interface VersionOptions extends CallOptions {
  /** The version seen: another one is refused with `record.precondition_failed`. */
  readonly version?: number
}

/** What a form would become. */
export interface DraftAnswer {
  readonly patch: Readonly<Record<string, unknown>>
  readonly errors: readonly Mistake[]
  readonly warnings: readonly { readonly path?: string; readonly code: string }[]
  readonly fields: Readonly<Record<string, { readonly readonly?: boolean; readonly required?: boolean }>>
}

/** What became of one of several changes. */
export type BulkAnswer<R> =
  | { readonly ok: true; readonly id: string; readonly version: number | null; readonly data: R | null }
  | { readonly ok: false; readonly error: ApiError }

export interface ActionAnswer<O, R> {
  readonly output: O
  /** The record as it is now; null if it may not be read. */
  readonly data: R | null
}

/** One write of a record's history, as far as it may be seen. */
export interface HistoryEntry {
  readonly at: string
  readonly operation: string
  readonly action?: string
  readonly version: number
  readonly actor: { readonly kind: string; readonly id: string | null }
  readonly line?: { readonly model: string; readonly id: string }
  readonly changes: Readonly<Record<string, unknown>>
}

export interface Comment {
  readonly id: string
  readonly at: string
  readonly author: string | null
  readonly text: string
  readonly mentions: readonly string[]
  readonly _can: readonly string[]
}

export interface Attachment {
  readonly id: string
  readonly at: string
  readonly author: string | null
  readonly file: { readonly id: string; readonly name: string; readonly type: string; readonly sizeBytes: number }
  readonly _can: readonly string[]
}

/** What can be asked of the records of a model whatever they are. */
interface Common {
  /** The title of a record, or null where it may not be shown. Calls of one turn of the event loop are one request. */
  title(id: string): Promise<string | null>
  /** The titles that may be shown, of at most 1,000 records. */
  resolve(ids: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, string>>
  delete(id: string, options?: VersionOptions): Promise<void>
  /** What happened to a record, newest first, page by page as it is read. */
  history(id: string, options?: CallOptions): AsyncIterable<HistoryEntry>
  /** Newest first, page by page as they are read. */
  comments(id: string, options?: CallOptions): AsyncIterable<Comment>
  comment(
    id: string,
    said: { readonly text: string; readonly mentions?: readonly string[] },
    options?: CallOptions,
  ): Promise<Comment>
  attachments(id: string, options?: CallOptions): AsyncIterable<Attachment>
  /** Uploads a file and attaches it. */
  attach(
    id: string,
    file: { readonly name: string; readonly type: string; readonly content: unknown },
    options?: CallOptions,
  ): Promise<Attachment>
}

type Given<I> = {} extends I ? [input?: I, options?: VersionOptions] : [input: I, options?: VersionOptions]

/** The records of one model as the caller may see and change them. Each call is one request; what is refused is an `ApiError`. */
export interface Collection<N extends string> extends Common {
  /** A page. */
  query<const P extends readonly string[]>(
    query: PageQuery<N, P>,
    options?: CallOptions,
  ): Promise<Page<Selected<N, P[number] | "id"> & RecordNotes>>
  /** All records, page by page as they are read. */
  list<const P extends readonly string[]>(
    query: ListQuery<N, P>,
    options?: CallOptions,
  ): AsyncIterable<Selected<N, P[number] | "id"> & RecordNotes>
  /** The record, or null if there is none or it may not be read. */
  get<const P extends readonly string[]>(
    id: Id<N>,
    query: { readonly select: Paths<N, P>; readonly can?: true },
    options?: CallOptions,
  ): Promise<(Selected<N, P[number] | "id"> & RecordNotes) | null>
  count(where?: Where<N>, options?: CallOptions): Promise<number>
  group(query: Grouping<N>, options?: CallOptions): Promise<readonly Readonly<Record<string, unknown>>[]>
  create(values: Create<N> & { readonly id?: Id<N> }, options?: CallOptions): Promise<Written<N>>
  update(id: Id<N>, patch: Update<N>, options?: VersionOptions): Promise<Written<N>>
  /** Creates, or updates the record with the same values in the unique key `key`. */
  upsert(values: Create<N>, options: { readonly key: readonly Flat<N>[] } & CallOptions): Promise<Written<N>>
  archive(id: Id<N>, options?: VersionOptions): Promise<Written<N>>
  restore(id: Id<N>, options?: VersionOptions): Promise<Written<N>>
  transition<A extends TransitionName<N>>(
    name: A,
    id: Id<N>,
    ...given: Given<InvocationInput<N, A>>
  ): Promise<Written<N>>
  action<A extends ActionName<N>>(
    name: A,
    id: Id<N>,
    ...given: Given<InvocationInput<N, A>>
  ): Promise<ActionAnswer<InvocationOutput<N, A>, Written<N>>>
  /** Several changes, each for itself; with `atomic` all or none, and then the first refusal is thrown. At most 1,000. */
  bulk(
    changes: readonly (
      | { readonly operation: "create"; readonly values: Create<N>; readonly id?: Id<N> }
      | { readonly operation: "update"; readonly id: Id<N>; readonly values: Update<N>; readonly version?: number }
      | { readonly operation: "delete" | "archive" | "restore"; readonly id: Id<N>; readonly version?: number }
      | {
          readonly operation: "invoke"
          readonly action: TransitionName<N> | ActionName<N>
          readonly id: Id<N>
          readonly input?: object
          readonly version?: number
        }
    )[],
    options?: CallOptions & { readonly atomic?: boolean },
  ): Promise<readonly BulkAnswer<Written<N>>[]>
  /** What a create, or with an `id` an update, would become. Nothing is written. */
  draft(
    draft: { readonly id?: Id<N>; readonly version?: number; readonly values: Update<N> },
    options?: CallOptions,
  ): Promise<DraftAnswer>
}

type AnyRecord = Readonly<Record<string, unknown>> & { readonly id: string }
type AnyQuery = {
  readonly select?: readonly SelectEntry[]
  readonly where?: WhereJson
  readonly search?: string
  readonly orderBy?: readonly string[]
  readonly limit?: number
  readonly archived?: "exclude" | "any" | "only"
  readonly can?: true
}
type Values = Readonly<Record<string, unknown>>

/** The same for a model that is known at run time only, by its metadata: nothing is checked by the compiler. */
export interface AnyCollection extends Common {
  query(
    query: AnyQuery & {
      readonly after?: string
      readonly before?: string
      readonly last?: true
      readonly count?: "exact" | "estimate"
    },
    options?: CallOptions,
  ): Promise<Page<AnyRecord>>
  list(query: AnyQuery, options?: CallOptions): AsyncIterable<AnyRecord>
  get(
    id: string,
    query: { readonly select?: readonly SelectEntry[]; readonly can?: true },
    options?: CallOptions,
  ): Promise<AnyRecord | null>
  count(where?: WhereJson, options?: CallOptions): Promise<number>
  group(
    query: Pick<AnyQuery, "where" | "search" | "orderBy" | "limit" | "archived"> & {
      readonly group?: readonly string[]
      readonly aggregates?: Readonly<Record<string, string>>
    },
    options?: CallOptions,
  ): Promise<readonly Values[]>
  create(values: Values, options?: CallOptions): Promise<AnyRecord>
  update(id: string, patch: Values, options?: VersionOptions): Promise<AnyRecord>
  upsert(values: Values, options: { readonly key: readonly string[] } & CallOptions): Promise<AnyRecord>
  archive(id: string, options?: VersionOptions): Promise<AnyRecord>
  restore(id: string, options?: VersionOptions): Promise<AnyRecord>
  transition(name: string, id: string, input?: Values, options?: VersionOptions): Promise<AnyRecord>
  action(name: string, id: string, input?: Values, options?: VersionOptions): Promise<ActionAnswer<Values, AnyRecord>>
  bulk(
    changes: readonly Values[],
    options?: CallOptions & { readonly atomic?: boolean },
  ): Promise<readonly BulkAnswer<AnyRecord>[]>
  draft(
    draft: { readonly id?: string; readonly version?: number; readonly values: Values },
    options?: CallOptions,
  ): Promise<DraftAnswer>
}
