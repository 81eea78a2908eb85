import { mkdirSync, writeFileSync } from "node:fs"
import { join, relative } from "node:path"
import {
  DATA_FILE,
  dataText,
  diffSnapshots,
  emptySnapshot,
  folderName,
  migrationFiles,
  type MigrationStep,
  readMigrations,
  tablesText,
} from "@archipel/data/migrate"
import { type Command, readArguments } from "../command.ts"
import { misuse } from "../failure.ts"
import { withProgram } from "../load-program.ts"
import { styled, type Terminal } from "../terminal.ts"
import { type MigratedService, ownServices, servicesOf } from "./services.ts"

/** `archipel migrate plan`: what the contract has that the last migration has not. */
export const plan: Command = {
  name: "plan",
  usage: "archipel migrate plan [MAIN] [--name NAME] [--service NAME] [--data]",
  summary: "write a migration from the last one to the contract as it is",
  help: `Writes migrations/NUMBER_NAME/ beside service.ts: plan.md to review, the SQL of each phase, and the snapshot that the next one begins
  from. Asks nothing and looks at no database; the same contract gives the same files.

  --name NAME     what it is called (from what it does)
  --service NAME  only this service
  --data          with data.ts, for changes of rows, and tables.ts, its types`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const options = { name: { type: "string" }, service: { type: "string" }, data: { type: "boolean" } } as const
      const given = readArguments(plan, args, options, { min: 0, max: 1 })
      const name = given.text("name")
      if (name !== undefined && !/^[a-z][a-z0-9_]{0,49}$/.test(name))
        throw misuse(`"${name}" is no name for a migration.`, "Small letters, digits and _: --name rename_note")
      for (const service of ownServices(await servicesOf(given)))
        planService(service, name, given.has("data"), terminal)
      return 0
    }),
}

function planService(
  service: MigratedService & { readonly folder: string },
  name: string | undefined,
  withData: boolean,
  { out }: Terminal,
): void {
  const migrations = readMigrations(service.folder, service.name)
  const last = migrations.at(-1)
  const from = last?.snapshot ?? emptySnapshot(service.name)
  const steps = diffSnapshots(from, service.snapshot)
  if (steps.length === 0 && !withData) {
    out.write(`${service.name}: the migrations lead to the contract as it is.\n`)
    return
  }
  const planned = {
    number: (last?.number ?? 0) + 1,
    name: name ?? (last === undefined ? "initial" : nameOf(steps)),
    from,
    to: service.snapshot,
    steps,
  }
  const folder = join(service.folder, folderName(planned))
  mkdirSync(folder, { recursive: true })
  const files = new Map(migrationFiles(planned))
  if (withData)
    files.set(DATA_FILE, dataText()).set("tables.ts", tablesText(folderName(planned), from, service.snapshot))
  for (const [file, text] of files) writeFileSync(join(folder, file), text)
  out.write(`${relative(process.cwd(), folder)}: ${steps.length} steps\n`)
  for (const step of steps) out.write(`  ${step.phase.padEnd(8)} ${step.id}  ${step.title}\n`)
  const losses = steps.filter(({ loss }) => loss !== undefined)
  for (const { id, phase, loss } of losses)
    out.write(`  ${styled(out, "yellow", `step ${id} loses ${loss}`)}: consent in ${phase}.sql, or put it back\n`)
  out.write(`Next: read ${join(relative(process.cwd(), folder), "plan.md")}, then archipel migrate apply\n`)
}

/** "order_note" of "sales.Order.note: …", so that a list of migrations says something. */
function nameOf(steps: readonly MigrationStep[]): string {
  const subjects = [...new Set(steps.map(({ title }) => title.split(": ")[0] ?? ""))]
  const [first = "changes"] = subjects
  const word = first
    .split(".")
    .slice(1)
    .join("_")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase()
    .slice(0, 40)
  const fields = subjects.filter((subject) => !subjects.some((other) => other.startsWith(`${subject}.`)))
  return `${word || "changes"}${fields.length > 1 ? "_and_more" : ""}`
}
