import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Catalog } from "@archipel/core"
import {
  diffSnapshots,
  emptySnapshot,
  folderName,
  type Migration,
  migrationFiles,
  readMigrations,
  type SchemaSnapshot,
  snapshotOf,
} from "@archipel/data/migrate"

export interface MigrationFolder extends Disposable {
  readonly path: string
  /** Plans a migration to this contract, and consents to what it loses. */
  plan(
    catalog: Catalog,
    name: string,
    options?: { readonly consent?: boolean; readonly logic?: Parameters<typeof snapshotOf>[0]["logic"] },
  ): SchemaSnapshot
  read(): readonly Migration[]
}

/** A service's `migrations/` in a folder that is gone afterwards. */
export function migrationFolder(service: string): MigrationFolder {
  const path = mkdtempSync(join(tmpdir(), "archipel-migrations-"))
  let from = emptySnapshot(service)
  let number = 0
  return {
    path,
    plan(catalog, name, { consent = true, logic } = {}) {
      const to = snapshotOf({ catalog, service, ...(logic === undefined ? {} : { logic }) })
      const planned = { number: ++number, name, from, to, steps: diffSnapshots(from, to) }
      const folder = join(path, folderName(planned))
      mkdirSync(folder)
      for (const [file, text] of migrationFiles(planned))
        writeFileSync(join(folder, file), consent ? text.replaceAll(/^-- consent:$/gm, "-- consent: the test") : text)
      from = to
      return to
    },
    read: () => readMigrations(path, service),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
