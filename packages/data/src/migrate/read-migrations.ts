/**
 * The migrations of a service as they are on disk.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import { ArchipelError } from "@archipel/core"
import {
  checksumOf,
  DATA_FILE,
  fileOf,
  MANIFEST_FILE,
  type MigrationManifest,
  SNAPSHOT_FILE,
} from "./migration-files.ts"
import { folderName } from "./planned-migration.ts"
import { type FileStep, stepsOfSql } from "./sql-text.ts"
import { emptySnapshot, type SchemaSnapshot } from "./snapshot.ts"
import { phases } from "./step.ts"

/** A migration that can be run. */
export interface Migration {
  readonly service: string
  readonly number: number
  /** "0007_rename_note" */
  readonly name: string
  readonly folder: string
  readonly steps: readonly FileStep[]
  readonly snapshot: SchemaSnapshot
  /** Of all that was planned and of `data.ts`, without consents. */
  readonly checksum: string
  /** Its `data.ts`, if it has one. */
  readonly data: string | undefined
}

/**
 * In the order of their numbers; none where there is no such folder.
 *
 * @throws `migration.invalid_file`, `migration.edited`, `migration.conflict`
 */
export function readMigrations(folder: string, service: string): readonly Migration[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d{4,}_/.test(entry.name))
    .map(({ name }) => name)
    .toSorted()
  assertOneOfEach(service, names)
  let previous: { readonly name: string; readonly revision: string } = {
    name: "an empty database",
    revision: emptySnapshot(service).revision,
  }
  return names.map((name) => {
    const { manifest, migration } = readMigration(join(folder, name))
    if (manifest.service !== service)
      throw new ArchipelError("migration.invalid_file", {
        file: near(join(folder, name, MANIFEST_FILE)),
        reason: `it belongs to the service ${manifest.service}, not to ${service}`,
      })
    if (manifest.from !== previous.revision)
      throw new ArchipelError("migration.conflict", {
        service,
        migrations: [previous.name, name],
        reason: `${name} was not planned on top of ${previous.name}, so they come from two branches, or one between them is missing`,
      })
    previous = { name, revision: manifest.to }
    return migration
  })
}

const near = (path: string): string => relative(process.cwd(), path)
const numberOf = (name: string): number => Number(/^\d+/.exec(name)?.[0])

function assertOneOfEach(service: string, names: readonly string[]): void {
  for (const [position, name] of names.entries()) {
    const before = names[position - 1]
    if (before !== undefined && numberOf(before) === numberOf(name))
      throw new ArchipelError("migration.conflict", {
        service,
        migrations: [before, name],
        reason: `both have the number ${numberOf(name)}`,
      })
  }
}

/** @throws `migration.invalid_file` */
export function readManifest(folder: string): MigrationManifest {
  const file = join(folder, MANIFEST_FILE)
  try {
    const manifest = JSON.parse(readText(file)) as MigrationManifest
    if (manifest.format !== 1) throw new SyntaxError("its format is of another version of the framework")
    return manifest
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new ArchipelError("migration.invalid_file", { file: near(file), reason: error.message }, { cause: error })
  }
}

/** The planned files of a migration as they are now. @throws `migration.invalid_file` */
export const readPlanned = (folder: string, { files }: MigrationManifest): ReadonlyMap<string, string> =>
  new Map(Object.keys(files).map((name) => [name, readText(join(folder, name))]))

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
    throw new ArchipelError("migration.invalid_file", { file: near(file), reason: "it is missing" })
  }
}

function readMigration(folder: string): { readonly manifest: MigrationManifest; readonly migration: Migration } {
  const manifest = readManifest(folder)
  const texts = readPlanned(folder, manifest)
  const name = folderName(manifest)
  for (const [file, text] of texts)
    if (checksumOf(text) !== manifest.files[file])
      throw new ArchipelError("migration.edited", { migration: name, file: near(join(folder, file)), isApplied: false })
  const data = join(folder, DATA_FILE)
  const hasData = existsSync(data)
  const checksum = checksumOf(JSON.stringify([manifest.files, hasData ? checksumOf(readText(data)) : null]))
  const planned = phases.flatMap((phase) => {
    const text = texts.get(fileOf[phase])
    return text === undefined ? [] : stepsOfSql(near(join(folder, fileOf[phase])), text, phase)
  })
  const steps = hasData ? withData(planned) : planned
  return {
    manifest,
    migration: {
      service: manifest.service,
      number: manifest.number,
      name,
      folder,
      steps,
      snapshot: JSON.parse(texts.get(SNAPSHOT_FILE) ?? "") as SchemaSnapshot,
      checksum,
      data: hasData ? data : undefined,
    },
  }
}

/** `data.ts` runs when renamed columns have their values, and before anything is looked at or required. */
function withData(steps: readonly FileStep[]): readonly FileStep[] {
  const step: FileStep = {
    id: "data",
    phase: "backfill",
    title: `run ${DATA_FILE}`,
    table: "",
    mode: "data",
    lock: "none",
    cost: "rows",
    statements: [],
  }
  const isBefore = ({ phase, mode }: FileStep): boolean =>
    phase === "expand" || (phase === "backfill" && mode === "batches")
  return [...steps.filter(isBefore), step, ...steps.filter((each) => !isBefore(each))]
}
