import type { ErrorCode } from "./errors.ts"

/** What to do about each code: the last lines of its page, for whoever wrote the request or runs the program. */
export const errorAdvice: Readonly<Record<ErrorCode, string>> = {
  "request.not_json": "Send JSON (RFC 8259) in UTF-8.",
  "request.invalid": "Mend what `details.errors` names; each mistake has its place as a JSON Pointer.",
  "request.too_large": "Send less at once: several `$bulk` requests, or files by `$files`.",
  "request.too_complex": "Stay within the bound that `details` names, or send several requests.",
  "request.url_too_long": "Send the query as the body of `POST …/$query`.",
  "request.not_acceptable": "Ask in `Accept` for one of the types in `details.available`.",
  "request.range_not_satisfiable": "Ask for bytes within `details.sizeBytes`, or leave out `Range`.",
  "request.aborted": "Nothing was done. Send the request again, whole.",
  "request.unsupported_type": "Send one of the types in `details.supported`, not compressed.",
  "request.method_not_allowed": "Use one of the methods in `Allow`.",
  "request.no_such_route": "Look the address up in `/docs` or in `openapi.json`.",
  "request.key_reused": "Use a new `Idempotency-Key` for each new request.",
  "request.too_many": "Wait as long as `Retry-After` says, then send fewer requests at a time.",
  "request.in_progress": "Wait as long as `Retry-After` says, then send the same request again.",
  "request.cross_site":
    "Send changes from a page of the same origin, with the header `X-Archipel: 1`; programs use tokens.",
  "auth.required": "Send `Authorization: Bearer …`.",
  "auth.invalid": "Get a new access token. Nobody is told what is wrong with this one.",
  "auth.expired": "Get a new access token, with the refresh token if there is one.",
  "program.misconfigured":
    "Set what `details.mistakes` names, all of it, and start again; development needs none of these settings.",
  "auth.development_only":
    "Unset `NODE_ENV`, or set it to something other than `production`; do not put such a program on a network.",
  "access.denied":
    "Ask whoever gives out roles. The record may be read, but no rule allows this with these roles, on this record, or in its state.",
  "access.field_denied":
    "Leave the fields in `details.fields` out: logic or the framework writes them, or these roles may not.",
  "query.unknown_field":
    "Check the spelling, and whether the caller may read the field: the answer is the same for both.",
  "query.unknown_model": "Check the name: `service.Model`.",
  "query.invalid": "Mend what `details.errors` names.",
  "query.remote_path":
    "Select the field or filter by it, but sort and group by fields of this service or by those that it mirrors; rules use these alone.",
  "query.too_many_matches":
    "Narrow the condition at `details.path`: only so many records of another service are compared with. Or keep the fields that it tests in a mirror, and filter by that.",
  "query.too_complex": "Stay within the bound that `details` names: several queries, or an export.",
  "query.bad_cursor":
    "Begin again without a cursor. A cursor belongs to one `where`, `search`, `orderBy` and `archived`, and to one database.",
  "record.not_found": "Nothing: there is no such record, or the caller may not know of it.",
  "record.version_conflict": "Read the record again, look at what changed, and send the change with the new version.",
  "record.precondition_failed": "Read the record again, look at what changed, and send the change with the new ETag.",
  "record.invalid": "Mend what `details.errors` names: all mistakes are there, each with its own code.",
  "record.refused": "The problem's own `code` is the service's, and its documentation says what it asks for.",
  "record.locked": "Change only what `details.fields` does not name, or make a transition that unlocks the record.",
  "record.duplicate": "Choose other values for `details.fields`, or update the record that has them (`$upsert`).",
  "record.reference": "Delete or change the records that refer to this one first, or archive it.",
  "record.check_failed": "Choose values that satisfy the condition that the contract names.",
  "record.invalid_value": "Send a value that fits the field.",
  "record.missing_target": "Refer to a record that exists and that the caller may read.",
  "record.transition_refused": "Read the state: the transition starts only from those in `details.from`.",
  "record.too_many_targets": "Make a smaller change, or several.",
  "change.spans_services": "Let the other service offer an action, and call it before or after the transaction.",
  "service.unavailable":
    "Wait as long as `Retry-After` says, then send the request again. Operators: see whether that service runs.",
  "service.mirror_not_ready":
    "Wait as long as `Retry-After` says, then send the request again. Operators: the log says why the other service does not give its records; `archipel_mirror_lag_seconds` shows which.",
  "service.newer_protocol": "Operators: release that service with the version of the framework that the others have.",
  "service.contract_differs":
    "Leave what `details.member` names out of the request; all else goes on. Operators: bring the service that is named back to the version it was, or release the one that asks it with the new contract. It recovers within seconds, without a restart.",
  "service.answer_too_large": "Ask for fewer records, or leave long texts out.",
  "deadline.exceeded":
    "Ask for less: a smaller page, fewer nested lists, a condition that an index serves; or use an export.",
  "database.busy":
    "Wait as long as `Retry-After` says, then send the request again. Operators: more connections, or fewer requests at once.",
  "database.unavailable":
    "Wait as long as `Retry-After` says, then send the request again. Operators: see whether PostgreSQL runs.",
  "database.conflict": "Nothing was done. Send the request again.",
  "database.unsuitable":
    "Operators: use PostgreSQL 14 or later with UTF-8, enough `max_connections`, and a user that may create what is missing.",
  "adopt.address": "Give the address of the database that is to be adopted, in quotes.",
  "adopt.denied":
    "Check name and password, or give a user who may read the tables: `grant select on all tables in schema NAME to USER`.",
  "adopt.nothing": "Name the schemas with `--schema`, and check the address.",
  "schema.refused": "Operators: each line says what does not fit and what to do. Nothing was changed.",
  "schema.pending":
    "Run `archipel migrate apply` with this release before it starts. In production nothing is changed by a start; `ARCHIPEL_SCHEMA=apply` asks for harmless changes.",
  "schema.newer": "Start the newer release; or bring the database back to where this one can use it, from a backup.",
  "migration.impossible": "Do what each sentence says, or make two migrations of it, and plan again.",
  "migration.needs_consent":
    "Look at each step. If the data may go, write who decided that and why behind `-- consent:` in the SQL file; otherwise put the field or table back.",
  "migration.edited":
    "Undo the change. If it is meant, and the migration ran nowhere yet: `archipel migrate seal NUMBER`. If it ran already, plan another migration.",
  "migration.invalid_file":
    "Get the file back from version control; or, if the migration ran nowhere yet, delete its folder and plan it again.",
  "migration.conflict":
    "Keep the migration that ran or was merged first; delete the folder of the other one and run `archipel migrate plan` again: it is made anew on top of the first.",
  "migration.rows_refused":
    "Correct these rows, in `data.ts` of the migration or by hand, and run `archipel migrate apply` again: it goes on with this step.",
  "migration.locked":
    "End the transactions that are named, or wait for a quieter hour, and run `archipel migrate apply` again: it goes on with this step.",
  "migration.running": "Wait until the other process is done; `archipel migrate status` shows how far it is.",
  "migration.not_contracted":
    "When no process of the release before runs any more: `archipel migrate apply --contract`. It completes the earlier migration and goes on.",
  "migration.not_permitted":
    "Run migrations as the owner of the tables, with the right to create in the database; then `archipel migrate apply` goes on with this step.",
  "migration.failed":
    "Read what PostgreSQL said. What came before this step stays; `archipel migrate apply` goes on with it when its cause is gone.",
  "migration.unknown_database":
    "Bring the database to one of the migrations by hand, or let a new service begin with an empty one.",
  "migration.unknown":
    "Run the release that has these migrations. An older one may go on running as long as it starts.",
  "postgres.directory_in_use": "Stop the process that is named, or choose another `--data` directory.",
  "postgres.start_failed": "Read the log that is named; or set `DATABASE_URL` to use another PostgreSQL.",
  "postgres.stop_failed": "Look at the process that is named; it still writes.",
  internal: "A defect. Look up `traceId` in the program's log: the cause is there, and only there.",
}
