/**
 * The folder of a migration: what is written when it is planned.
 *
 * @module
 */
import { createHash } from "node:crypto"
import { sqlText, withoutConsents } from "./sql-text.ts"
import { phases } from "./step.ts"
import { planText } from "./plan-text.ts"
import { folderName, type PlannedMigration } from "./planned-migration.ts"

/** `migration.json`. */
export interface MigrationManifest {
  readonly format: 1
  readonly service: string
  readonly number: number
  readonly name: string
  /** Revision of the snapshot that it begins from, and of its own. */
  readonly from: string
  readonly to: string
  /** Checksums of its files, without consents. */
  readonly files: Readonly<Record<string, string>>
}

export const fileOf = { expand: "expand.sql", backfill: "backfill.sql", contract: "contract.sql" } as const
export const SNAPSHOT_FILE = "snapshot.json"
export const MANIFEST_FILE = "migration.json"
export const PLAN_FILE = "plan.md"
export const DATA_FILE = "data.ts"

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** The files of a migration by name; the same migration gives the same texts. */
export function migrationFiles(planned: PlannedMigration): ReadonlyMap<string, string> {
  const { number, name, from, to, steps } = planned
  const texts = new Map<string, string>()
  for (const phase of phases) {
    const own = steps.filter((step) => step.phase === phase)
    if (own.length === 0) continue
    const heading = [
      `${folderName(planned)} of ${to.service}: ${HEADINGS[phase]}`,
      "Written by `archipel migrate plan`. Who changes it by hand seals it again: `archipel migrate seal`.",
    ]
    texts.set(fileOf[phase], sqlText(heading, own))
  }
  texts.set(SNAPSHOT_FILE, json(to))
  const manifest: MigrationManifest = {
    format: 1,
    service: to.service,
    number,
    name,
    from: from.revision,
    to: to.revision,
    files: checksums(texts),
  }
  return new Map([...texts, [MANIFEST_FILE, json(manifest)], [PLAN_FILE, planText(planned)]])
}

const HEADINGS = {
  expand: "expand, before the new release starts. The old one goes on.",
  backfill: "backfill, before the new release starts. The old one goes on.",
  contract: "contract, when no process of the old release runs any more.",
} as const

/** Of a file, however its lines end, and without the consents, which are given afterwards. */
export const checksumOf = (text: string): string =>
  createHash("sha256")
    .update(withoutConsents(text.replaceAll("\r\n", "\n")))
    .digest("hex")
    .slice(0, 32)

const checksums = (texts: Iterable<readonly [string, string]>): Record<string, string> =>
  Object.fromEntries([...texts].map(([name, text]) => [name, checksumOf(text)]))

/** The manifest with the checksum of what the files are now. */
export const sealed = (manifest: MigrationManifest, texts: Iterable<readonly [string, string]>): string =>
  json({ ...manifest, files: checksums(texts) })
