/**
 * The typed client of Archipel services: for browsers, Node and React Native, with nothing but `fetch`.
 *
 * @module
 */
export { createClient } from "./client.ts"
export type { Client, ClientOptions } from "./client.ts"
export { ApiError, isApiError } from "./api-error.ts"
export type { ClientErrorCode } from "./api-error.ts"
export type { CallOptions, FetchLike } from "./send.ts"
export type {
  ActionAnswer,
  AnyCollection,
  Attachment,
  BulkAnswer,
  Collection,
  Comment,
  DraftAnswer,
  HistoryEntry,
  ListQuery,
  Page,
  PageQuery,
  Written,
} from "./collection-types.ts"
