/**
 * Migrations: from the contracts' snapshots to files, and from files to databases.
 *
 * @module
 */
export { compareAdopted } from "../schema/adopted-tables.ts"
export { applyMigrations } from "./apply.ts"
export type { Applied, ApplyOptions, MigrationNews } from "./apply.ts"
export { codeSteps, dataMigration } from "./code-steps.ts"
export type { CodeStepOptions, DataBatch, DataMigration } from "./code-steps.ts"
export { diffSnapshots } from "./diff.ts"
export { estimateOf, tableSizes } from "./estimate.ts"
export type { Estimate } from "./estimate.ts"
export { DATA_FILE, MANIFEST_FILE, migrationFiles, sealed } from "./migration-files.ts"
export type { MigrationManifest } from "./migration-files.ts"
export { folderName } from "./planned-migration.ts"
export type { PlannedMigration } from "./planned-migration.ts"
export { readManifest, readMigrations, readPlanned } from "./read-migrations.ts"
export type { Migration } from "./read-migrations.ts"
export { emptySnapshot, snapshotOf } from "./snapshot.ts"
export type { SchemaSnapshot, SnapshotSource } from "./snapshot.ts"
export { migrationStatus } from "./status.ts"
export type { DatabaseStatus, MigrationStatus } from "./status.ts"
export { dataText, tablesText } from "./tables-text.ts"
export type { FileStep } from "./sql-text.ts"
export { phases } from "./step.ts"
export type { LockLevel, MigrationStep, Phase, StepCost, StepMode } from "./step.ts"
