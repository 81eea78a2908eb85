import { ArchipelError } from "@archipel/core"
import { applyAdditive } from "@archipel/data"
import {
  applyMigrations,
  codeSteps,
  type DatabaseStatus,
  diffSnapshots,
  emptySnapshot,
  estimateOf,
  type MigrationNews,
  migrationStatus,
  readMigrations,
  tableSizes,
} from "@archipel/data/migrate"
import { type Arguments, type Command, readArguments } from "../command.ts"
import { Failure, misuse } from "../failure.ts"
import { withProgram } from "../load-program.ts"
import { styled, type Terminal } from "../terminal.ts"
import { openDatabases, type ServiceDatabase } from "./databases.ts"
import { type MigratedService, servicesOf } from "./services.ts"

/** `archipel migrate apply`: what is committed, on the databases. */
export const apply: Command = {
  name: "apply",
  usage:
    "archipel migrate apply [MAIN] [--contract] [--dry-run] [--service NAME] [--rate ROWS] [--wait SECONDS] [--data DIR]",
  summary: "bring the databases to the last migration",
  help: `Runs what has not run: expand and backfill, before a new release starts. Asks nothing; goes on where it was interrupted; several
  at once do it once. The databases are those that DATABASE_URL and DATABASE_URL_SERVICE name, else those of \`archipel dev\`.

  --contract      the contract phase too, when no process of the release before runs any more
  --dry-run       say what would run, with SQL, locks and how long on these databases, and do nothing
  --service NAME  only this service
  --rate ROWS     change at most so many rows a second (20000)
  --wait SECONDS  how long to wait for another process that changes a schema (60)
  --data DIR      where \`archipel dev\` keeps its data (.data)`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const options = {
        contract: { type: "boolean" },
        "dry-run": { type: "boolean" },
        service: { type: "string" },
        rate: { type: "string" },
        wait: { type: "string" },
        data: { type: "string" },
      } as const
      const given = readArguments(apply, args, options, { min: 0, max: 1 })
      const [rate, wait] = [numberOf(given, "rate"), numberOf(given, "wait")]
      const services = await servicesOf(given)
      await using databases = await openDatabases(
        services.map(({ name }) => name),
        given,
      )
      const tell = teller(terminal)
      let code = 0
      for (const service of services) {
        const place = databases.of(service.name)
        const done = given.has("dry-run")
          ? await dryRun(service, place, given.has("contract"), terminal)
          : await applyTo(service, place, { contract: given.has("contract"), rate, wait, tell }, terminal)
        if (!done) code = 1
      }
      return code
    }),
}

function numberOf(given: Arguments, name: string): number | undefined {
  const text = given.text(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw misuse(`--${name} takes a whole number above 0, not "${text}".`)
}

interface Wanted {
  readonly contract: boolean
  readonly rate: number | undefined
  readonly wait: number | undefined
  readonly tell: (news: MigrationNews) => void
}

/** @returns whether the database is what the contract says. */
async function applyTo(
  { name, folder, snapshot, definition }: MigratedService,
  { target, database }: ServiceDatabase,
  { contract, rate, wait, tell }: Wanted,
  terminal: Terminal,
): Promise<boolean> {
  const { out } = terminal
  const migrations = folder === undefined ? [] : readMigrations(folder, name)
  // Of a package all changes are harmless; and where there are no tables, only the framework's are needed.
  const isHarmless = folder === undefined || (migrations.length === 0 && snapshot.tables.length === 0)
  if (isHarmless) {
    const { statements } = await applyAdditive(database, definition.catalog, name, definition.mirrors.kept)
    out.write(`${name}: ${statements.length === 0 ? "is up to date" : `${statements.length} statements`}\n`)
    return true
  }
  if (migrations.length === 0)
    throw new Failure(`${name} has no migrations yet.`, { hint: "Write the first one: archipel migrate plan" })
  const { steps, waiting } = await applyMigrations({
    target,
    database,
    service: name,
    migrations,
    contract,
    codeOf: codeSteps({ database, service: definition }),
    onNews: tell,
    ...(rate === undefined ? {} : { pace: { rowsPerSecond: rate } }),
    ...(wait === undefined ? {} : { waitMs: wait * 1000 }),
  })
  out.write(
    `${name}: ${steps === 0 ? "nothing to do" : `${steps} steps done`}${waiting === undefined ? "" : `; ${waiting} keeps what the release before needs, until archipel migrate apply --contract`}\n`,
  )
  const ahead = diffSnapshots(migrations.at(-1)?.snapshot ?? emptySnapshot(name), snapshot)
  if (ahead.length === 0) return true
  out.write(`${styled(out, "yellow", `${name}: the contract is ahead of its migrations`)}: archipel migrate plan\n`)
  return false
}

const PROGRESS_MS = 2_000

/** Says each step, and of long ones how far they are. */
function teller({ out }: Terminal): (news: MigrationNews) => void {
  let toldAt = 0
  return (news) => {
    if (news.kind === "step") out.write(`${news.migration} ${news.step.id}  ${news.step.title}\n`)
    else if (news.kind === "found") out.write(`${news.migration}: the database has it already\n`)
    else if (news.kind === "busy") out.write(`${styled(out, "dim", `   ${news.step.table} is in use: trying again`)}\n`)
    else if (news.kind === "progress" && Date.now() - toldAt > PROGRESS_MS) {
      toldAt = Date.now()
      out.write(`${styled(out, "dim", `   ${news.rows.toLocaleString("en")} rows`)}\n`)
    }
  }
}

async function dryRun(
  { name, folder, snapshot }: MigratedService,
  { database }: ServiceDatabase,
  contract: boolean,
  { out }: Terminal,
): Promise<boolean> {
  if (folder === undefined) return true
  const migrations = readMigrations(folder, name)
  const status = await migrationStatus(database, name, migrations)
  assertApplicable(name, status)
  const left = status.migrations.flatMap(({ migration, left }) =>
    left.filter(({ step }) => contract || step.phase !== "contract").map(({ step }) => ({ migration, step })),
  )
  const sizes = await tableSizes(
    database,
    left.map(({ step }) => step.table),
  )
  out.write(`${name}: ${left.length} steps would run\n`)
  for (const { migration, step } of left) {
    const { words } = estimateOf(step, sizes.get(step.table) ?? 0)
    out.write(`\n${styled(out, "bold", `${migration.name} ${step.phase} ${step.id}  ${step.title}`)}\n`)
    out.write(`  lock: ${step.lock === "none" ? "rows of one batch" : `${step.lock} on ${step.table}`}\n`)
    if (words !== "") out.write(`  ${styled(out, "yellow", words)}\n`)
    if (step.loss !== undefined)
      out.write(
        `  ${styled(out, "red", `loses ${step.loss}`)}; ${step.consent === undefined ? "nobody has consented" : `consent: ${step.consent}`}\n`,
      )
    for (const statement of step.statements) out.write(`${statement.replaceAll(/^/gm, "    ")};\n`)
  }
  return diffSnapshots(migrations.at(-1)?.snapshot ?? emptySnapshot(name), snapshot).length === 0
}

function assertApplicable(service: string, { unknown, migrations }: DatabaseStatus): void {
  if (unknown.length > 0) throw new ArchipelError("migration.unknown", { service, migrations: unknown })
  const edited = migrations.find(({ isEdited }) => isEdited)
  if (edited !== undefined)
    throw new ArchipelError("migration.edited", {
      migration: edited.migration.name,
      file: edited.migration.folder,
      isApplied: true,
    })
}
