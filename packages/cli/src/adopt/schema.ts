import { knownContracts, resolveCatalog, resolveService } from "@archipel/core"
import { serviceSql } from "@archipel/data"
import { type Command, readArguments } from "../command.ts"
import { ProgramFailure, withProgram } from "../load-program.ts"
import { programOf } from "../program-of.ts"

/** `archipel schema`: the way out. */
export const schema: Command = {
  name: "schema",
  usage: "archipel schema [MAIN] [--service NAME]",
  summary: "print the plain SQL of the tables",
  help: `
Prints the statements that make the tables of the services which MAIN (main.ts) starts: types, keys, checks, indexes and references,
as any PostgreSQL runs them. Nothing is started, and the framework's own tables are left out.

  --service NAME  only this service`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const given = readArguments(schema, args, { service: { type: "string" } }, { min: 0, max: 1 })
      const { program, only } = await programOf(given)
      const { out } = terminal
      try {
        const catalog = resolveCatalog(knownContracts().values())
        for (const service of program.services) {
          const contract = knownContracts().get(service.name)
          if (contract === undefined || (only !== undefined && service.name !== only)) continue
          const { mirrors } = resolveService(contract, service.logic, catalog, service)
          out.write(
            `-- ${service.name}\n${serviceSql(catalog, service.name, mirrors.kept)
              .map((sql) => `${sql};\n`)
              .join("")}\n`,
          )
        }
      } catch (error) {
        throw new ProgramFailure(error, [...program.files])
      }
      return 0
    }),
}
