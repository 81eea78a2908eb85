/**
 * The framework's own tables in the schema `archipel`: history, mirrors, comments, attachments, counters, idempotency keys, revisions,
 * migrations, secrets.
 *
 * Rows name their service through the model ("sales.Order"), so services that share a database share these tables.
 *
 * @module
 */
import type { ColumnSchema, IndexSchema, TableSchema } from "./structure.ts"

const INSTANT = "timestamp(3) with time zone"
const source = "archipel"

const text = (name: string): ColumnSchema => ({ name, type: "text", collation: "C", nullable: false, source })
const typed = (name: string, type: string): ColumnSchema => ({ name, type, nullable: false, source })
const optional = (column: ColumnSchema): ColumnSchema => ({ ...column, nullable: true })
const now = (name: string): ColumnSchema => ({ name, type: INSTANT, nullable: false, default: "now()", source })
const counted = (name: string): ColumnSchema => ({ name, type: "bigint", nullable: false, identity: true, source })
const index = (name: string, columns: readonly string[], rest: Partial<IndexSchema> = {}): IndexSchema => ({
  name,
  method: "btree",
  columns: columns.map((column) => ({ name: column })),
  ...rest,
})
const table = (
  name: string,
  key: readonly string[],
  columns: readonly ColumnSchema[],
  rest: Partial<Pick<TableSchema, "indexes">> = {},
): TableSchema => ({
  framework: true,
  name,
  source,
  columns,
  primaryKey: { name: `${name}_pkey`, columns: key },
  foreignKeys: [],
  indexes: [],
  checks: [],
  ...rest,
})

export const frameworkTables: readonly TableSchema[] = [
  // Growing for ever by nature. The key follows the time of writing, so the oldest rows are at its head, where `purge` takes them
  // away in small pieces; partitions would need administration that a database of a department does not have.
  table(
    "history",
    ["id"],
    [
      counted("id"),
      now("at"),
      text("model"),
      typed("record_id", "uuid"),
      typed("version", "integer"),
      text("operation"),
      optional(text("action")),
      text("actor_kind"),
      optional(text("actor_id")),
      optional(text("via")),
      optional(text("reason")),
      optional(text("trace_id")),
      // {field: {old, new}, list: [{id, operation, changes}]}
      typed("changes", "jsonb"),
      optional(text("parent_model")),
      optional(typed("parent_id", "uuid")),
      // Of adopted rows, whose ids are no UUIDs: `record_id` and `parent_id` are hashes of these.
      optional(text("record_key")),
      optional(text("parent_key")),
      // Of the row as an event: its id for who gets it twice, and its name where that is not the operation's ("confirmed").
      { ...typed("event_id", "uuid"), default: "gen_random_uuid()" },
      optional(text("event")),
      { ...typed("xid", "xid8"), default: "pg_current_xact_id()" },
    ],
    // Numbers are taken while transactions are open, and these commit in another order: who reads on from where it was looks at the
    // transactions that it has not seen yet. Every change of a record pays for each index; there are no others.
    { indexes: [index("history_record_idx", ["record_id", "id"]), index("history_xid_idx", ["xid", "id"])] },
  ),
  // How far what is kept of another service's records has come: of each set of fields, since two releases may run at once.
  table(
    "mirrors",
    ["service", "owner", "fields"],
    [
      text("service"),
      text("owner"),
      // Names the models and fields that are kept, and the tables they are in.
      text("fields"),
      // The owner's; empty before the first page.
      optional(text("cursor")),
      // The instant of the owner's records that are all here; empty until they are.
      optional(typed("as_of", INSTANT)),
      now("created_at"),
    ],
  ),
  // What people say of records and attach to them. No keys to the records' tables: a record's are deleted with it, by the same write.
  table(
    "comments",
    ["id"],
    [
      typed("id", "uuid"),
      now("at"),
      text("model"),
      typed("record_id", "uuid"),
      // Empty for the system.
      optional(typed("author_id", "uuid")),
      text("text"),
      // Ids of users.
      typed("mentions", "jsonb"),
    ],
    { indexes: [index("comments_record_idx", ["record_id", "id"])] },
  ),
  table(
    "attachments",
    ["id"],
    [
      typed("id", "uuid"),
      now("at"),
      text("model"),
      typed("record_id", "uuid"),
      optional(typed("author_id", "uuid")),
      // {id, name, type, sizeBytes}
      typed("file", "jsonb"),
    ],
    { indexes: [index("attachments_record_idx", ["record_id", "id"])] },
  ),
  table("counters", ["name", "period"], [text("name"), text("period"), typed("n", "bigint")]),
  // Names that count where another one does, as long as two releases call a sequence differently.
  table("counter_names", ["name"], [text("name"), text("counter")]),
  table(
    "idempotency",
    ["principal", "key"],
    [
      text("principal"),
      text("key"),
      text("fingerprint"),
      // Empty while the request is being processed.
      optional(typed("status", "integer")),
      optional(text("answer")),
      now("created_at"),
    ],
    { indexes: [index("idempotency_created_at_idx", ["created_at"])] },
  ),
  table(
    "revisions",
    ["id"],
    [counted("id"), now("at"), text("service"), text("revision"), typed("statements", "jsonb")],
  ),
  // How far each migration has come: from `expanded_at` to `contracted_at` the release before runs beside the new one.
  table(
    "migrations",
    ["service", "number"],
    [
      text("service"),
      typed("number", "integer"),
      text("name"),
      text("checksum"),
      now("started_at"),
      optional(typed("expanded_at", INSTANT)),
      optional(typed("contracted_at", INSTANT)),
    ],
  ),
  // Of a step in batches also where it stands, as JSON, so that whoever goes on begins there.
  table(
    "migration_steps",
    ["service", "number", "step"],
    [
      text("service"),
      typed("number", "integer"),
      text("step"),
      now("started_at"),
      optional(typed("finished_at", INSTANT)),
      optional(typed("position", "jsonb")),
      { ...typed("rows", "bigint"), default: "0" },
    ],
  ),
  table("secrets", ["name"], [text("name"), typed("secret", "bytea"), now("created_at")]),
]
