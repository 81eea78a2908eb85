import { existsSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import {
  allUses,
  type ContractUses,
  DefinitionError,
  knownContracts,
  resolveCatalog,
  resolveService,
  usesOf,
} from "@archipel/core"
import { parseUses, type UsesFile } from "@archipel/server"
import { Failure } from "../failure.ts"
import { type LoadedProgram, ProgramFailure } from "../load-program.ts"
import { serviceFolder } from "../service-folder.ts"

/** What one service of a program uses of others. */
export interface ServiceUses {
  readonly service: string
  /** Where its file is or would be; undefined for a service that comes from a package. */
  readonly file: string | undefined
  /** As that file says it. */
  readonly committed: UsesFile | undefined
  /** As it is now: what its contract and logic say, and what was recorded. */
  readonly current: UsesFile
}

/** What the services of a program use of others, those aside that come from packages and have no neighbours' records. */
export function usesOfProgram(program: LoadedProgram): readonly ServiceUses[] {
  try {
    const contracts = knownContracts()
    const catalog = resolveCatalog(contracts.values())
    return program.services.map(({ name, logic }): ServiceUses => {
      const contract = contracts.get(name)
      if (contract === undefined) throw new DefinitionError([`There is no contract "${name}".`])
      const folder = serviceFolder(name, program)
      const file = folder === undefined ? undefined : join(folder, "uses.json")
      const committed = file !== undefined && existsSync(file) ? readUsesFile(file) : undefined
      const declared = usesOf(resolveService(contract, logic, catalog))
      const recorded = committed?.recorded ?? {}
      const builtWith = Object.fromEntries(
        servicesIn(allUses([declared, recorded])).flatMap((service) => {
          const version = contracts.get(service)?.version
          return version === undefined ? [] : [[service, version]]
        }),
      )
      return { service: name, file, committed, current: { service: name, builtWith, declared, recorded } }
    })
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new ProgramFailure(error, [...program.files])
  }
}

/** @throws Failure for a file that is none */
export function readUsesFile(path: string): UsesFile {
  const uses = parseUses(readFileSync(path, "utf8"))
  if (uses) return uses
  throw new Failure(`${relative(process.cwd(), path)} does not say what a service uses.`, {
    hint: "Such a file is written by `archipel contract uses --write`, in the project of that service.",
  })
}

/** The services that uses are of. */
export const servicesIn = (uses: ContractUses): readonly string[] => [
  ...new Set(Object.keys(uses).map((model) => model.split(".")[0] as string)),
]
