/**
 * Error codes and the errors that carry them.
 *
 * A code is public API: once released it is never renamed, reused or given another status.
 *
 * @module
 */

/** What every error with one code has in common. */
interface ErrorKind<Details extends object> {
  /** HTTP status of the response (RFC 9110, section 15). */
  readonly status: number
  /** One sentence for a person, the same for every occurrence (RFC 9457 `title`). */
  readonly title: string
  /** One sentence for this occurrence (RFC 9457 `detail`). Contains nothing the caller may not see. */
  readonly detail: (details: Details) => string
  /** Whether sending the same request again, unchanged, can succeed. */
  readonly retryable: boolean
}

const kind = <Details extends object>(
  status: number,
  title: string,
  detail: (details: Details) => string,
  retryable = false,
): ErrorKind<Details> => ({ status, title, detail, retryable })

/** One mistake in a request: where (JSON Pointer, RFC 6901), which, and in words. */
export interface Mistake {
  readonly path: string
  readonly code: string
  readonly detail: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Every error code of the framework. The documentation page of a code is made from its entry. */
export const errorCatalog = {
  // -- the request as text
  "request.not_json": kind<{ at?: string }>(
    400,
    "The body is not JSON",
    () => "The body could not be read as JSON (RFC 8259).",
  ),
  "request.invalid": kind<{ errors: readonly Mistake[] }>(400, "The request is malformed", ({ errors }) =>
    errors.map((e) => e.detail).join(" "),
  ),
  "request.too_large": kind<{ limitBytes: number }>(
    413,
    "The body is too large",
    ({ limitBytes }) => `The body is larger than ${limitBytes} bytes.`,
  ),
  "request.too_complex": kind<{ what: string; limit: number }>(
    400,
    "The request is too complex",
    ({ what, limit }) => `At most ${limit} ${what} are allowed.`,
  ),
  "request.url_too_long": kind<{ limitBytes: number }>(
    414,
    "The address is too long",
    ({ limitBytes }) => `The address is longer than ${limitBytes} bytes: send the query as the body of a POST.`,
  ),
  "request.not_acceptable": kind<{ available: readonly string[] }>(
    406,
    "The answer is not available in that type",
    ({ available }) => `Available here: ${available.join(", ")}.`,
  ),
  "request.range_not_satisfiable": kind<{ sizeBytes: number }>(
    416,
    "The range is outside of the file",
    ({ sizeBytes }) => `The file has ${sizeBytes} bytes.`,
  ),
  "request.aborted": kind<object>(400, "The request ended early", () => "The request ended before it was complete."),
  "request.unsupported_type": kind<{ supported: readonly string[] }>(
    415,
    "The content type is not supported",
    ({ supported }) => `Send one of: ${supported.join(", ")}.`,
  ),
  "request.method_not_allowed": kind<{ allowed: readonly string[] }>(
    405,
    "The method is not allowed here",
    ({ allowed }) => `Allowed here: ${allowed.join(", ")}.`,
  ),
  "request.no_such_route": kind<{ path: string }>(404, "No such address", ({ path }) => `There is nothing at ${path}.`),
  "request.key_reused": kind<{ key: string }>(
    422,
    "The idempotency key was used for another request",
    () => "This Idempotency-Key belongs to a request with another content.",
  ),
  "request.too_many": kind<{ retryAfterSeconds: number }>(
    429,
    "Too many requests",
    ({ retryAfterSeconds }) => `Too many requests came in a short time: wait ${retryAfterSeconds} s.`,
    true,
  ),
  "request.in_progress": kind<{ retryAfterSeconds: number }>(
    409,
    "The same request is being processed",
    () => "A request with this Idempotency-Key is being processed.",
    true,
  ),
  // -- who asks
  "request.cross_site": kind<object>(
    403,
    "The request does not come from this site",
    () => 'A change with a browser\'s session comes from a page of this origin and has the header "X-Archipel: 1".',
  ),
  "auth.required": kind<object>(401, "Authentication is required", () => "Send a valid access token."),
  "auth.invalid": kind<object>(401, "The access token is not valid", () => "The access token is not valid."),
  "auth.expired": kind<object>(401, "The access token has expired", () => "The access token has expired."),
  "auth.development_only": kind<object>(
    503,
    "Development users are refused",
    () => "Development users exist in development only: with NODE_ENV=production the program does not start with them.",
  ),
  /** `roles`: each of them would give the right, where it is a model's description that was asked for. */
  "access.denied": kind<{ model?: string; operation: string; rule?: string; roles?: readonly string[] }>(
    403,
    "Not allowed",
    ({ model, operation }) => `You may not ${operation} ${model ?? "this"}${model ? " here" : ""}.`,
  ),
  "access.field_denied": kind<{ model: string; fields: readonly string[]; rule?: string }>(
    403,
    "A field may not be written",
    ({ model, fields }) => `You may not write ${fields.join(", ")} of ${model}.`,
  ),
  // -- reading
  "query.unknown_field": kind<{ model: string; field: string; path?: string }>(
    400,
    "No such field",
    ({ model, field }) => `${model} has no field "${field}", or you may not read it.`,
  ),
  "query.unknown_model": kind<{ model: string }>(404, "No such model", ({ model }) => `There is no model ${model}.`),
  "query.invalid": kind<{ errors: readonly Mistake[] }>(400, "The query is not valid", ({ errors }) =>
    errors.map((e) => e.detail).join(" "),
  ),
  "query.remote_path": kind<{ model: string; field: string; use: string }>(
    400,
    "The path leads into another service",
    ({ model, field, use }) =>
      `${model}.${field} belongs to another service: it can be selected and compared, but used in ${use} only where this service mirrors it.`,
  ),
  "query.too_many_matches": kind<{ path: string; model: string; limit: number }>(
    400,
    "A condition on another service's records matches too many",
    ({ path, model, limit }) => `More than ${limit} records of ${model} satisfy the condition at ${path}.`,
  ),
  "query.too_complex": kind<{ what: string; limit: number }>(
    400,
    "The query is too large",
    ({ what, limit }) => `At most ${limit} ${what} are allowed.`,
  ),
  "query.bad_cursor": kind<object>(
    400,
    "The cursor is not valid",
    () => "The cursor does not belong to this query: take it from a page with the same where and orderBy.",
  ),
  // -- records
  "record.not_found": kind<{ model: string; id: string }>(
    404,
    "No such record",
    ({ model, id }) => `There is no ${model} with id ${id}, or you may not read it.`,
  ),
  "record.version_conflict": kind<{ model: string; id: string; expected: number; actual?: number }>(
    409,
    "The record was changed by someone else",
    ({ model, id, expected }) => `${model} ${id} is no longer at version ${expected}.`,
  ),
  "record.precondition_failed": kind<{ model: string; id: string }>(
    412,
    "The record was changed by someone else",
    ({ model, id }) => `${model} ${id} is not at the version named in If-Match.`,
  ),
  "record.invalid": kind<{ errors: readonly Mistake[] }>(422, "The record is not valid", ({ errors }) =>
    errors.map((e) => e.detail).join(" "),
  ),
  "record.refused": kind<{ code: string }>(422, "The service refused", ({ code }) => `Refused: ${code}.`),
  "record.locked": kind<{ model: string; id: string; why: string; fields?: readonly string[] }>(
    409,
    "The record is locked",
    ({ model, id, why }) => `${model} ${id} is locked: ${why}.`,
  ),
  "record.duplicate": kind<{ model: string; fields: readonly string[] }>(
    409,
    "Such a record exists already",
    ({ model, fields }) => `Another ${model} has the same ${fields.join(", ")}.`,
  ),
  "record.reference": kind<{ model: string; field?: string }>(
    409,
    "The record is in use",
    ({ model, field }) => `The ${model} is referred to by other records${field ? ` (${field})` : ""}.`,
  ),
  "record.check_failed": kind<{ model: string; constraint: string; fields?: readonly string[] }>(
    422,
    "A check of the record failed",
    ({ model, fields }) => `The ${model} does not satisfy a check${fields?.length ? ` on ${fields.join(", ")}` : ""}.`,
  ),
  "record.invalid_value": kind<{ model?: string; field?: string }>(
    422,
    "A value is not valid",
    ({ field }) => `The value${field ? ` of ${field}` : ""} is missing, malformed or out of range.`,
  ),
  "record.missing_target": kind<{ model: string; fields: readonly string[] }>(
    422,
    "A referenced record does not exist",
    ({ model, fields }) =>
      `The record that ${model} refers to${fields.length ? ` in ${fields.join(", ")}` : ""} does not exist.`,
  ),
  "record.transition_refused": kind<{
    model: string
    id: string
    transition: string
    from: readonly string[]
    state: string
  }>(
    409,
    "The transition does not start in this state",
    ({ model, id, transition, from, state }) =>
      `${model} ${id} is ${state}; ${transition} starts from ${from.join(" or ")}.`,
  ),
  "record.too_many_targets": kind<{ model: string; field: string; limit: number }>(
    422,
    "The change would recompute too many records",
    ({ model, field, limit }) => `The change would recompute ${model}.${field} of more than ${limit} records.`,
  ),
  "change.spans_services": kind<{ service: string; own: string }>(
    422,
    "A transaction cannot span services",
    ({ service, own }) =>
      `A transaction of ${own} cannot write ${service}: call an action of ${service} before or after the transaction.`,
  ),
  // -- the world around
  "service.unavailable": kind<{ service: string; retryAfterSeconds: number }>(
    503,
    "A service is unavailable",
    ({ service }) => `The service ${service} does not answer.`,
    true,
  ),
  "service.mirror_not_ready": kind<{ model: string; retryAfterSeconds: number }>(
    503,
    "A mirror is not filled yet",
    ({ model }) => `What is kept here of ${model} has not come yet, and without it the answer would be wrong.`,
    true,
  ),
  "service.newer_protocol": kind<{ service: string; protocol: number; known: number }>(
    503,
    "A service is older than the one that asks it",
    ({ service, protocol, known }) =>
      `The service ${service} speaks version ${known} of the protocol between services, and was asked in version ${protocol}.`,
  ),
  "service.contract_differs": kind<{
    service: string
    running: string
    builtWith: string
    member: string
    words: string
  }>(
    503,
    "A service's contract lacks what is asked of it",
    ({ service, running, builtWith, words }) =>
      `The service ${service} runs ${running}, and the one that asks it was built with ${builtWith}: ${words}`,
  ),
  "service.answer_too_large": kind<{ service: string; limitBytes: number }>(
    400,
    "The answer would be too large",
    ({ service, limitBytes }) => `What was asked of ${service} is more than ${limitBytes} bytes.`,
  ),
  "deadline.exceeded": kind<{ deadlineMs?: number }>(
    503,
    "The request took too long",
    () => "The request was stopped because it took too long.",
    true,
  ),
  "database.busy": kind<{ retryAfterSeconds: number }>(
    503,
    "The database is busy",
    () => "Too many requests are waiting for the database.",
    true,
  ),
  "database.unavailable": kind<{ retryAfterSeconds: number }>(
    503,
    "The database is unavailable",
    () => "The database does not answer.",
    true,
  ),
  "database.conflict": kind<object>(
    409,
    "Another change came in between",
    () => "The change collided with others that ran at the same time.",
    true,
  ),
  // -- starting
  "program.misconfigured": kind<{ mistakes: readonly string[] }>(
    503,
    "The program's settings do not fit",
    ({ mistakes }) => mistakes.join(" "),
  ),
  "database.unsuitable": kind<{ reason: string }>(
    503,
    "The database cannot be used",
    ({ reason }) => `The database cannot be used: ${reason}.`,
  ),
  "adopt.address": kind<object>(
    400,
    "This is no address of a PostgreSQL database",
    () => "An address of a database is postgres://USER:PASSWORD@HOST:PORT/DATABASE.",
  ),
  "adopt.denied": kind<{ database: string; user: string }>(
    403,
    "The database may not be read",
    ({ database, user }) => `The user ${user} may not read the tables of the database ${database}.`,
  ),
  "adopt.nothing": kind<{ database: string; schemas: readonly string[] }>(
    404,
    "There is nothing to adopt",
    ({ database, schemas }) =>
      schemas.length === 0
        ? `There is no database ${database} on this server.`
        : `The database ${database} has no tables or views in ${schemas.join(", ")}.`,
  ),
  "schema.refused": kind<{
    service: string
    refused: readonly { readonly what: string; readonly why: string; readonly hint: string }[]
  }>(503, "The database does not fit the contract", ({ service, refused }) =>
    [
      `The database of ${service} does not fit its contract:`,
      ...refused.map(({ what, why, hint }) => `  - ${what}: ${why}. ${hint}`),
    ].join("\n"),
  ),
  "schema.pending": kind<{ service: string; missing: readonly string[] }>(
    503,
    "The database has not been migrated",
    ({ service, missing }) =>
      [
        `The database of ${service} lacks what this release needs:`,
        ...missing.map((what) => `  - ${what}.`),
        "Run `archipel migrate apply` before the release starts.",
      ].join("\n"),
  ),
  "schema.newer": kind<{ service: string; migration: string; missing: readonly string[] }>(
    503,
    "The database belongs to a newer release",
    ({ service, migration, missing }) =>
      `The database of ${service} was migrated by a newer release (${migration}), and this one cannot do without what is gone: ${missing.join("; ")}.`,
  ),
  // -- migrations
  "migration.impossible": kind<{ service: string; mistakes: readonly string[] }>(
    422,
    "One migration cannot do that",
    ({ mistakes }) => mistakes.join(" "),
  ),
  "migration.needs_consent": kind<{
    service: string
    migration: string
    losses: readonly { readonly step: string; readonly file: string; readonly what: string }[]
  }>(422, "A migration could lose data, and nobody has consented", ({ migration, losses }) =>
    [
      `${migration} could lose:`,
      ...losses.map(({ step, file, what }) => `  - ${what} (${file}, step ${step}).`),
      "Who wants that writes who and why behind `-- consent:` of each of these steps. Nothing was done.",
    ].join("\n"),
  ),
  "migration.edited": kind<{ migration: string; file: string; isApplied: boolean }>(
    422,
    "A migration was changed by hand",
    ({ migration, file, isApplied }) =>
      isApplied
        ? `${file} is not what it was when ${migration} ran on this database.`
        : `${file} is not what \`archipel migrate plan\` wrote for ${migration}.`,
  ),
  "migration.invalid_file": kind<{ file: string; reason: string }>(
    422,
    "A migration's file is missing or cannot be read",
    ({ file, reason }) => `${file}: ${reason}.`,
  ),
  "migration.conflict": kind<{ service: string; migrations: readonly string[]; reason: string }>(
    422,
    "Migrations do not follow each other",
    ({ migrations, reason }) => `${migrations.join(" and ")}: ${reason}.`,
  ),
  "migration.rows_refused": kind<{ service: string; migration: string; step: string; table: string; why: string }>(
    409,
    "Rows that are there do not allow a step of a migration",
    ({ migration, step, table, why }) =>
      `${migration} stopped before step ${step}: rows of ${table} refuse it (${why}).`,
  ),
  "migration.locked": kind<{
    service: string
    migration: string
    step: string
    table: string
    holders: readonly string[]
  }>(
    503,
    "A table was in use all the time",
    ({ migration, step, table, holders }) =>
      `${migration} stopped before step ${step}: ${table} was not free for a moment${holders.length === 0 ? "" : ` (${holders.join("; ")})`}.`,
    true,
  ),
  "migration.running": kind<{ holder?: string; waitedSeconds: number }>(
    503,
    "Another process changes this database",
    ({ holder, waitedSeconds }) =>
      `Another process has been changing the schema of this database for at least ${waitedSeconds} s${holder === undefined ? "" : ` (${holder})`}.`,
    true,
  ),
  "migration.not_contracted": kind<{ service: string; migration: string; next: string }>(
    409,
    "An earlier migration is not complete",
    ({ migration, next }) =>
      `${migration} still keeps what the release before it needs, and ${next} begins only when that is gone.`,
  ),
  "migration.not_permitted": kind<{ service: string; migration: string; step: string; why: string }>(
    503,
    "The database user may not do that",
    ({ migration, step, why }) => `${migration} stopped before step ${step}: PostgreSQL says "${why}".`,
  ),
  "migration.failed": kind<{ service: string; migration: string; step: string; why: string }>(
    500,
    "A step of a migration failed",
    ({ migration, step, why }) => `${migration} stopped at step ${step}: ${why}.`,
  ),
  "migration.unknown_database": kind<{ service: string; differences: readonly string[] }>(
    409,
    "The database fits no migration",
    ({ service, differences }) =>
      [
        `The database of ${service} has tables already and fits none of its migrations. The nearest differs in:`,
        ...differences.map((each) => `  - ${each}`),
      ].join("\n"),
  ),
  "migration.unknown": kind<{ service: string; migrations: readonly string[] }>(
    409,
    "The database knows migrations that are not here",
    ({ service, migrations }) =>
      `The database of ${service} was migrated by ${migrations.join(", ")}, which this release does not have: it is older than the database.`,
  ),
  "postgres.directory_in_use": kind<{ directory: string; pid: number }>(
    503,
    "The data directory is in use",
    ({ directory, pid }) =>
      `Process ${pid} is using the data directory ${directory}. Stop it, or choose another directory.`,
  ),
  "postgres.start_failed": kind<{ reason: string; directory?: string; log?: string }>(
    503,
    "PostgreSQL did not start",
    ({ reason, directory, log }) =>
      `PostgreSQL did not start${directory ? ` on ${directory}` : ""}: ${reason}.${log ? ` Its log is ${log}.` : ""}`,
  ),
  "postgres.stop_failed": kind<{ pid: number }>(
    503,
    "PostgreSQL did not stop",
    ({ pid }) => `PostgreSQL (process ${pid}) did not stop in time.`,
  ),
  internal: kind<object>(
    500,
    "Something went wrong",
    () => "Something went wrong; the trace id leads to the cause in the log.",
  ),
} as const

/** A code of the catalogue: "record.not_found". */
export type ErrorCode = keyof typeof errorCatalog
/** The `details` of problems with the code `C`. */
export type ErrorDetails<C extends ErrorCode> = (typeof errorCatalog)[C] extends ErrorKind<infer D> ? D : never

/** The error class of the framework. Switch on `code`, never on `message`. */
export class ArchipelError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "ArchipelError"
  readonly code: C
  readonly details: ErrorDetails<C>

  constructor(code: C, details: ErrorDetails<C>, options?: { cause?: unknown }) {
    super(`[${code}] ${kindOf(code).detail(details)}`, options)
    this.code = code
    this.details = details
  }
}

const RETRY_AFTER_SECONDS = 5

/** A service that is needed does not answer, or not in words that can be used; whoever asks is told to come again after 5 s. */
export const serviceUnavailable = (service: string, cause?: unknown): ArchipelError<"service.unavailable"> =>
  new ArchipelError(
    "service.unavailable",
    { service, retryAfterSeconds: RETRY_AFTER_SECONDS },
    cause === undefined ? {} : { cause },
  )

/** What an author's own code throws to refuse: the code is the service's, the status is always 422. Made by `refuse`. */
export class Refusal extends Error {
  override readonly name = "Refusal"
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: string, details: Readonly<Record<string, unknown>> = {}) {
    super(`[${code}]`)
    this.code = code
    this.details = details
  }
}

/** The one way for an author to refuse: `throw refuse("order.empty")` becomes a 422 problem with this code, and nothing is written. */
export const refuse = (code: string, details?: Readonly<Record<string, unknown>>): Refusal => new Refusal(code, details)

/** Status, title and retryability of a code. */
export function kindOf<C extends ErrorCode>(code: C): ErrorKind<ErrorDetails<C>> {
  return errorCatalog[code] as unknown as ErrorKind<ErrorDetails<C>>
}
