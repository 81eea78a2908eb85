import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, relative, resolve } from "node:path"
import { compareContracts, type ContractDefinition, knownContracts } from "@archipel/core"
import { type Command, readArguments } from "../command.ts"
import { mainFile } from "../dev/dev.ts"
import { Failure } from "../failure.ts"
import { loadProgram, withProgram } from "../load-program.ts"
import { didYouMean } from "../nearest-word.ts"
import { projectFolder } from "../sources/project-files.ts"
import { productVersion } from "../versions.ts"
import { type ContractDependency, contractPackage, neighboursOf } from "./contract-package.ts"
import { installedContracts, ownPackage } from "./contract-packages.ts"

/** `archipel contract export crm`: the contract as a package for others. */
export const exportContract: Command = {
  name: "export",
  usage: "archipel contract export SERVICE [MAIN] [--out DIR]",
  summary: "write a service's contract as a package",
  help: `  Writes the contract of a service of MAIN (main.ts) as an npm package: its structure and types, made from its data alone, and no
  logic. The package is named by the project, @PROJECT/SERVICE-contract, and has the version of its package.json, or
  ARCHIPEL_VERSION. \`npm pack\` and \`npm publish\` take it as it is.

  --out DIR  where to (contracts/SERVICE); commit it there: \`archipel contract check\` compares with what was exported last`,
  run: (args, terminal) =>
    withProgram(terminal, async () => {
      const given = readArguments(exportContract, args, { out: { type: "string" } }, { min: 1, max: 2 })
      const [service = "", main] = given.positionals
      const project = projectFolder()
      const { services } = await loadProgram(mainFile(main))
      const contract = knownContracts().get(service)
      const own = contract && ownPackage(project, service)
      if (contract === undefined || own === undefined)
        throw new Failure(
          `This project has no service "${service}" to export.${didYouMean(
            service,
            services.map(({ name }) => name),
          )}`,
          { hint: "A contract is exported where its contract.ts is." },
        )
      const folder = resolve(given.text("out") ?? join(project, "contracts", service))
      const { out, err } = terminal
      const before = exportedIn(folder)
      const files = contractPackage({
        ...own,
        contract,
        core: productVersion("@archipel/core"),
        neighbours: neighboursOf(contract).map((each) => dependencyOf(project, service, each)),
      })
      mkdirSync(folder, { recursive: true })
      for (const [path, text] of files) writeFileSync(join(folder, path), text)
      const near = relative(process.cwd(), folder) || "."
      out.write(`${own.name} ${own.version} is in ${near}.\n`)
      if (before?.version === own.version && compareContracts(before, contract).length > 0)
        err.write(
          `Version ${own.version} was exported with another contract before: raise "version" in package.json before you publish it.\n`,
        )
      out.write(`\nNext: npm publish ./${near}, or npm pack ./${near} for a file to hand over.\n`)
      return 0
    }),
}

/** What was exported to a directory before. */
export function exportedIn(folder: string): ContractDefinition | undefined {
  const file = join(folder, "contract.json")
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ContractDefinition) : undefined
}

/** The package of a contract that another one refers to: an installed one, or one that this project exports as well. */
function dependencyOf(project: string, service: string, neighbour: string): ContractDependency {
  const installed = installedContracts(project).get(neighbour)
  if (installed) return { package: installed.package, range: `^${installed.version}` }
  const own = ownPackage(project, neighbour)
  if (own) return { package: own.name, range: `^${own.version}` }
  throw new Failure(`${service} refers to ${neighbour}, and no package of that contract is installed.`, {
    hint: `Add it with \`archipel add neighbour PACKAGE\`, so that ${service}'s package can name it.`,
  })
}
