import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { kebabCase, snakeCase } from "@archipel/core"
import { readCatalogue } from "@archipel/data"
import { isServiceName, startCall } from "../add-service.ts"
import { type Command, readArguments } from "../command.ts"
import { Failure, misuse } from "../failure.ts"
import { appended, declares, edited, imported } from "../sources/edit.ts"
import { projectFiles, projectFolder } from "../sources/project-files.ts"
import { placeOf } from "../sources/typescript-file.ts"
import { type PlannedService, planService } from "./plan-service.ts"
import { reportText } from "./report.ts"
import { contractText, logicText, serviceText } from "./service-text.ts"

/** `archipel adopt postgres://… --service sales`: a service on the tables that a company already has. */
export const adopt: Command = {
  name: "adopt",
  usage: "archipel adopt ADDRESS --service NAME [--schema NAME,…] [--out DIR]",
  summary: "make a service of a database that is there already",
  help: `
Reads the structure of a PostgreSQL database (14 or later) and writes a service that runs on it in place: contract.ts, logic.ts,
service.ts, and adopt-report.md with all that could not be mapped. The database is only read; its tables are never altered.

  ADDRESS         postgres://USER:PASSWORD@HOST:PORT/DATABASE
  --service NAME  the service's name: sales
  --schema NAME   the schemas to read, with commas between; the one that names are looked up in when left out
  --out DIR       where the files go; services/NAME of the project when left out, and the service then starts in main.ts`,
  async run(args, { out }) {
    const given = readArguments(
      adopt,
      args,
      { service: { type: "string" }, schema: { type: "string" }, out: { type: "string" } },
      { min: 1, max: 1 },
    )
    const service = given.text("service")
    if (service === undefined) throw misuse("The service has no name.", "Give it one: --service sales")
    if (!isServiceName(service))
      throw misuse(
        `"${service}" cannot be the name of a service.`,
        "It is one word in camelCase: sales, humanResources.",
      )
    const directory = given.text("out")
    const place = directory === undefined ? inProject(service) : { target: resolve(directory) }
    if (existsSync(place.target))
      throw new Failure(`${near(place.target)} exists already.`, {
        hint: "Name another directory with --out, or take that one away.",
      })
    const schemas = given
      .text("schema")
      ?.split(",")
      .map((name) => name.trim())
    const catalogue = await readCatalogue(given.positionals[0] as string, schemas ? { schemas } : {})
    const planned = planService(catalogue, service)
    if (planned.models.length === 0)
      throw new Failure(`No table of ${catalogue.database} can be adopted.`, {
        hint: planned.remarks.map(({ where, says }) => `${where}: ${says}`).join("\n"),
      })
    write(place.target, planned, `${catalogue.database} (PostgreSQL ${catalogue.version}) as the service ${service}`)
    place.register?.()
    out.write(told(planned, place.target))
    return 0
  },
}

const near = (path: string): string => relative(process.cwd(), path) || "."

interface Place {
  readonly target: string
  /** Starts the service with the program. */
  readonly register?: () => void
}

function inProject(service: string): Place {
  const folder = projectFolder()
  const target = join(folder, "services", kebabCase(service))
  const program = startCall(projectFiles(folder))
  if (declares(program.file, service))
    throw new Failure(`"${service}" means something else in this file already.`, {
      place: placeOf(program.file.path, 1),
      hint: "Choose another name.",
    })
  return {
    target,
    register() {
      const module = relative(dirname(program.file.path), join(target, "service.ts")).replaceAll("\\", "/")
      const text = edited(program.file.text, [
        appended(program.file, program.list, service),
        ...imported(program.file, module.startsWith(".") ? module : `./${module}`, [service]),
      ])
      writeFileSync(program.file.path, text)
    },
  }
}

function write(target: string, planned: PlannedService, title: string): void {
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, "contract.ts"), contractText(planned))
  writeFileSync(join(target, "logic.ts"), logicText(planned))
  writeFileSync(join(target, "service.ts"), serviceText(planned))
  writeFileSync(join(target, "adopt-report.md"), reportText(title, planned.tables, planned.remarks))
}

function told({ service, models, tables, remarks }: PlannedService, target: string): string {
  const left = tables.filter(({ note }) => note === "left out").length
  const variable = `DATABASE_URL_${snakeCase(service).toUpperCase()}`
  return `Made ${near(target)}: ${models.length} models of ${tables.length} tables and views${left > 0 ? `, ${left} left out` : ""}; ${remarks.length} remarks in adopt-report.md.

Next: run it on that database. Nothing in it is altered; the framework's own tables go into its schema "archipel".
  ${variable}=postgres://… npx archipel dev
`
}
