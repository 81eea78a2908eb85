export { openDatabase } from "./postgres/database.ts"
export type { StopSignal } from "./postgres/stop-signal.ts"
export type {
  BatchOptions,
  Database,
  DatabaseOptions,
  DatabaseStats,
  Queryable,
  QueryOptions,
} from "./postgres/database.ts"
export type { Listening, ListenOptions } from "./postgres/listen.ts"
export { openDatabaseServer } from "./postgres/database-server.ts"
export type { CopyOptions, DatabaseServer } from "./postgres/database-server.ts"
export { removeEmbeddedPostgres, startEmbeddedPostgres } from "./postgres/embedded.ts"
export type { EmbeddedOptions, EmbeddedPostgres } from "./postgres/embedded.ts"
export { resolveDatabases } from "./postgres/service-databases.ts"
export type { ServiceDatabases, ServiceDatabasesOptions } from "./postgres/service-databases.ts"
export { translateError } from "./postgres/sql-state.ts"
export type { ConstraintMeaning, TranslationContext } from "./postgres/sql-state.ts"
export type { Rows, Statement, TextRow } from "./postgres/statement.ts"
export type { Transaction, TransactionOptions, TransactionQueryOptions } from "./postgres/transaction.ts"
export {
  forgetKept,
  keepingOf,
  keepingState,
  keepRecords,
  moveKeeping,
  whileKeeping,
} from "./mirror/kept-records.ts"
export type { Keeping, KeepingState, RecordsToKeep } from "./mirror/kept-records.ts"
export { feedPosition, isFeedPosition, touchedRecords } from "./mirror/touched-records.ts"
export type { FeedPosition, Touched } from "./mirror/touched-records.ts"
export { createDiscussions } from "./discussion/discussions.ts"
export type {
  Attachment,
  Comment,
  DiscussionOptions,
  DiscussionPage,
  DiscussionRange,
  Discussions,
} from "./discussion/discussions.ts"
export { createReader } from "./read/reader.ts"
export { eventsSql } from "./read/events.ts"
export { historyOf } from "./read/history.ts"
export type { HistoryChanges, HistoryEntry, HistoryLine, HistoryRequest } from "./read/history.ts"
export { holdingConditions } from "./read/holding-conditions.ts"
export type { HoldingRequest } from "./read/holding-conditions.ts"
export type { ExportOptions, KeptAsOf, Page, Reader, ReaderOptions, ReadOptions } from "./read/reader.ts"
export { adoptedTablesSql } from "./adopt/table-sql.ts"
export type {
  Catalogue,
  FoundCheck,
  FoundColumn,
  FoundForeignKey,
  FoundTable,
  FoundValues,
  TableName,
} from "./adopt/catalogue.ts"
export { serviceSql } from "./adopt/service-sql.ts"
export { readCatalogue } from "./adopt/read-catalogue.ts"
export { applyAdditive, checkSchema, schemaRevision } from "./schema/apply-additive.ts"
export type { AppliedSchema } from "./schema/apply-additive.ts"
export { columnType, isNullable, TEXT_COLLATION } from "./schema/column-schema.ts"
export { schemaMeaning } from "./schema/constraint-meaning.ts"
export type { SchemaConstraint, SchemaMeaning } from "./schema/constraint-meaning.ts"
export { desiredSchema } from "./schema/desired-schema.ts"
export { FAIL_SQLSTATE } from "./schema/framework-functions.ts"
export { introspect } from "./schema/introspect.ts"
export { planAdditive } from "./schema/plan-additive.ts"
export type { PlannedStatement, SchemaPlan, SchemaRefusal } from "./schema/plan-additive.ts"
export { withHousekeepingLock } from "./schema/housekeeping-lock.ts"
export { purge } from "./schema/purge.ts"
export type { PurgeableTable } from "./schema/purge.ts"
export { searchCondition, searchExpression, searchPatterns } from "./schema/search-expression.ts"
export { nextNumber, sequenceName } from "./schema/sequence-number.ts"
export { storedSecret } from "./schema/stored-secret.ts"
export { FRAMEWORK_SCHEMA } from "./schema/structure.ts"
export type {
  ActualSchema,
  ActualTable,
  CheckRule,
  CheckSchema,
  ColumnSchema,
  DatabaseSchema,
  ForeignKeySchema,
  FunctionSchema,
  IndexSchema,
  TableSchema,
} from "./schema/structure.ts"
export type { BulkResult, ChangeAnswer, DraftAnswer, DraftRequest, Idempotency } from "./write/answers.ts"
export { createWriter } from "./write/writer.ts"
export type { WriteOptions, Writer, WriterOptions } from "./write/writer.ts"
export type { RemoteReader } from "./write/stored-rows.ts"
export type { Elsewhere, ElsewhereContext } from "./write/write-session.ts"
export { isUnused } from "./schema/is-unused.ts"
