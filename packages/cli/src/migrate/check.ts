import { relative } from "node:path"
import { compareAdopted, diffSnapshots, emptySnapshot, migrationStatus, readMigrations } from "@archipel/data/migrate"
import { type Command, readArguments } from "../command.ts"
import { withProgram } from "../load-program.ts"
import type { Terminal } from "../terminal.ts"
import { isDatabaseNamed, openDatabases } from "./databases.ts"
import { type MigratedService, ownServices, servicesOf } from "./services.ts"

/** `archipel migrate check`: for CI. */
export const check: Command = {
  name: "check",
  usage: "archipel migrate check [MAIN] [--service NAME] [--data DIR]",
  summary: "fail if contracts, migrations and databases differ",
  help: `Fails if a contract says something else than its migrations, if the files of migrations do not fit together, or if a database is not
  what they made. Databases are looked at where DATABASE_URL or a running \`archipel dev\` names them.`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const given = readArguments(
        check,
        args,
        { service: { type: "string" }, data: { type: "string" } },
        { min: 0, max: 1 },
      )
      const services = ownServices(await servicesOf(given))
      let isFine = true
      for (const service of services) if (!checkFiles(service, terminal)) isFine = false
      if (!isDatabaseNamed(given)) return isFine ? 0 : 1
      await using databases = await openDatabases(
        services.map(({ name }) => name),
        given,
      )
      for (const { name, folder, definition } of services) {
        const { database } = databases.of(name)
        const migrations = readMigrations(folder, name)
        const found = await migrationStatus(database, name, migrations)
        const adopted = await compareAdopted(database, definition.catalog, name)
        const problems = [
          ...adopted.refused.map(({ what, why }) => `${what}: ${why}`),
          ...(adopted.missing.length === 0 ? [] : ["none of the adopted tables is there"]),
          ...found.drift.map((difference) => `changed by hand: ${difference}`),
          ...found.unknown.map((unknown) => `the database has ${unknown}, of a newer release`),
          ...found.migrations
            .filter(({ isEdited }) => isEdited)
            .map(({ migration }) => `${migration.name} was changed after it ran`),
        ]
        for (const problem of problems) terminal.err.write(`${name}: ${problem}\n`)
        if (problems.length > 0) isFine = false
        const open = found.migrations
          .filter(({ state }) => state !== "applied")
          .map(({ migration, state }) => `${migration.name} is ${state}`)
        terminal.out.write(
          `${name}: ${problems.length === 0 ? "no difference" : "the database differs"}${open.length === 0 ? "" : `; ${open.join(", ")}`}\n`,
        )
      }
      return isFine ? 0 : 1
    }),
}

function checkFiles(
  { name, folder, snapshot }: MigratedService & { readonly folder: string },
  { out, err }: Terminal,
): boolean {
  const migrations = readMigrations(folder, name)
  const steps = diffSnapshots(migrations.at(-1)?.snapshot ?? emptySnapshot(name), snapshot)
  if (steps.length === 0) {
    out.write(`${name}: ${migrations.length} migrations lead to the contract as it is\n`)
    return true
  }
  err.write(
    `${name}: the contract differs from ${migrations.at(-1)?.name ?? "no migration"} in ${relative(process.cwd(), folder)}:\n`,
  )
  for (const { title } of steps) err.write(`  - ${title}\n`)
  err.write("  archipel migrate plan writes the migration.\n")
  return false
}
