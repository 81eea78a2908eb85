/** What a migration's `data.ts` imports. */
export { dataMigration } from "@archipel/data/migrate"
export type { DataBatch, DataMigration } from "@archipel/data/migrate"
