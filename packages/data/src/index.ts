export { openDatabase } from "./postgres/database.ts"
export type {
  BatchOptions,
  Database,
  DatabaseOptions,
  DatabaseStats,
  Queryable,
  QueryOptions,
} from "./postgres/database.ts"
export { removeEmbeddedPostgres, startEmbeddedPostgres } from "./postgres/embedded.ts"
export type { EmbeddedOptions, EmbeddedPostgres } from "./postgres/embedded.ts"
export { resolveDatabases } from "./postgres/service-databases.ts"
export type { ServiceDatabases, ServiceDatabasesOptions } from "./postgres/service-databases.ts"
export { translateError } from "./postgres/sql-state.ts"
export type { ConstraintMeaning, TranslationContext } from "./postgres/sql-state.ts"
export type { Rows, Statement, TextRow } from "./postgres/statement.ts"
export type { Transaction, TransactionOptions, TransactionQueryOptions } from "./postgres/transaction.ts"
