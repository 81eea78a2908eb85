import type { SchemaSnapshot } from "./snapshot.ts"
import type { MigrationStep } from "./step.ts"

export interface PlannedMigration {
  readonly number: number
  readonly name: string
  readonly from: SchemaSnapshot
  readonly to: SchemaSnapshot
  readonly steps: readonly MigrationStep[]
}

/** "0007_rename_note" */
export const folderName = ({ number, name }: { readonly number: number; readonly name: string }): string =>
  `${String(number).padStart(4, "0")}_${name}`
