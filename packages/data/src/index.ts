export { removeEmbeddedPostgres, startEmbeddedPostgres } from "./postgres/embedded.ts"
export type { EmbeddedOptions, EmbeddedPostgres } from "./postgres/embedded.ts"
