import {
  DefinitionError,
  knownContracts,
  resolveCatalog,
  resolveService,
  rightsOf,
  systemPrincipal,
} from "@archipel/core"
import { openapiDocument } from "@archipel/server"
import { type Command, readArguments } from "./command.ts"
import { type LoadedProgram, ProgramFailure, withProgram } from "./load-program.ts"
import { programOf } from "./program-of.ts"
import { table } from "./table.ts"

/** `archipel routes`: what the program would answer, from the same description as its OpenAPI document. */
export const routes: Command = {
  name: "routes",
  usage: "archipel routes [MAIN] [--service NAME]",
  summary: "list the addresses that it serves",
  help: `
Lists every address that MAIN (main.ts) serves, with its method and what it does. Nothing is started.

  --service NAME  only this service`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const given = readArguments(routes, args, { service: { type: "string" } }, { min: 0, max: 1 })
      const { program, only } = await programOf(given)
      const { out } = terminal
      const rows = describe(program.services, [...program.files])
        .filter(({ path }) => only === undefined || path.startsWith(`/api/${only}/`))
        .map(({ method, path, summary }) => [method, path, summary])
      out.write(`${table(["METHOD", "ADDRESS", ""], rows, out.isTTY ? out.columns : 0)}\n`)
      return 0
    }),
}

interface Route {
  readonly method: string
  readonly path: string
  readonly summary: string
}

type Services = LoadedProgram["services"]

function describe(services: Services, files: readonly string[]): readonly Route[] {
  const system = systemPrincipal("archipel routes")
  try {
    const catalog = resolveCatalog(knownContracts().values())
    const rights = services.map((service) => {
      const contract = knownContracts().get(service.name)
      if (contract === undefined) throw new DefinitionError([`There is no contract "${service.name}".`])
      return rightsOf(resolveService(contract, service.logic, catalog, service), system)
    })
    const { paths } = openapiDocument(rights) as { paths: Readonly<Record<string, Readonly<Record<string, unknown>>>> }
    return Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, operation]) =>
        /^(?:get|post|put|patch|delete)$/.test(method)
          ? [{ method: method.toUpperCase(), path, summary: (operation as { summary?: string }).summary ?? "" }]
          : [],
      ),
    )
  } catch (error) {
    throw new ProgramFailure(error, files)
  }
}
