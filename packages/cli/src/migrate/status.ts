import { type MigrationStatus, migrationStatus, readMigrations } from "@archipel/data/migrate"
import { type Command, readArguments } from "../command.ts"
import { withProgram } from "../load-program.ts"
import { styled } from "../terminal.ts"
import { openDatabases } from "./databases.ts"
import { ownServices, servicesOf } from "./services.ts"

/** `archipel migrate status`: how far each database is. */
export const status: Command = {
  name: "status",
  usage: "archipel migrate status [MAIN] [--service NAME] [--data DIR]",
  summary: "say how far the databases are",
  help: `Each migration: applied, expanded (both releases can run, and the contract phase is to come), running (it stopped or is under way
  between two steps), or pending.`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const given = readArguments(
        status,
        args,
        { service: { type: "string" }, data: { type: "string" } },
        { min: 0, max: 1 },
      )
      const services = ownServices(await servicesOf(given))
      await using databases = await openDatabases(
        services.map(({ name }) => name),
        given,
      )
      const { out } = terminal
      for (const { name, folder } of services) {
        const migrations = readMigrations(folder, name)
        const found = await migrationStatus(databases.of(name).database, name, migrations)
        out.write(`${styled(out, "bold", name)}${migrations.length === 0 ? " has no migrations" : ""}\n`)
        for (const each of found.migrations) out.write(`  ${each.migration.name.padEnd(32)} ${wordsOf(each)}\n`)
        for (const unknown of found.unknown) out.write(`  ${unknown.padEnd(32)} applied by a newer release\n`)
        for (const difference of found.drift) out.write(`  ${styled(out, "yellow", `by hand: ${difference}`)}\n`)
      }
      return 0
    }),
}

function wordsOf({ state, left, isEdited, migration }: MigrationStatus): string {
  const edited = isEdited ? ", and its files were changed since" : ""
  const [next] = left
  if (state === "running" && next !== undefined)
    return `running: ${migration.steps.length - left.length} of ${migration.steps.length} steps, next ${next.step.id} (${next.step.title})${next.rows > 0 ? `, ${next.rows.toLocaleString("en")} rows done` : ""}${edited}`
  if (state === "expanded")
    return `expanded: ${left.length} steps are left for archipel migrate apply --contract${edited}`
  return `${state}${edited}`
}
