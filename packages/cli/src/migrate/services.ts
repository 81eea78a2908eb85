import { dirname, join } from "node:path"
import { knownContracts, resolveCatalog, resolveService, type ServiceDefinition } from "@archipel/core"
import { type SchemaSnapshot, snapshotOf } from "@archipel/data/migrate"
import type { Service } from "@archipel/server"
import type { Arguments } from "../command.ts"
import { mainFile } from "../dev/dev.ts"
import { Failure } from "../failure.ts"
import { type LoadedProgram, ProgramFailure } from "../load-program.ts"
import { programOf } from "../program-of.ts"
import { serviceFolder } from "../service-folder.ts"

/** A service of the program as migrations see it. */
export interface MigratedService {
  readonly name: string
  readonly definition: ServiceDefinition
  /** Of the contract as it is now. */
  readonly snapshot: SchemaSnapshot
  /** Its `migrations` folder; undefined for a service that comes from a package, whose changes are all harmless. */
  readonly folder: string | undefined
}

/** @throws what loading the program throws, and what is wrong with its contracts */
export async function servicesOf(given: Arguments): Promise<readonly MigratedService[]> {
  const { program, only } = await programOf(given)
  try {
    const catalog = resolveCatalog(knownContracts().values())
    return program.services
      .filter(({ name }) => only === undefined || name === only)
      .map((service) => {
        const contract = knownContracts().get(service.name)
        if (contract === undefined) throw new Failure(`There is no contract "${service.name}".`)
        const definition = resolveService(contract, service.logic, catalog, service)
        const { kept } = definition.mirrors
        const { name, logic } = service
        const folder = migrationsFolder(service, program, mainFile(given.positionals[0]))
        return { name, definition, snapshot: snapshotOf({ catalog, service: name, logic, kept }), folder }
      })
  } catch (error) {
    throw error instanceof Failure ? error : new ProgramFailure(error, [...program.files])
  }
}

/** Beside its `service.ts`; of a program in one file beside that. */
function migrationsFolder({ name }: Service, program: LoadedProgram, main: string): string | undefined {
  const own = serviceFolder(name, program)
  if (own !== undefined) return join(own, "migrations")
  const isOneFile = program.services.every((each) => serviceFolder(each.name, program) === undefined)
  return isOneFile && program.services.length === 1 ? join(dirname(main), "migrations") : undefined
}

/** Those that have migrations of their own. @throws Failure if none has */
export function ownServices<S extends MigratedService>(
  services: readonly S[],
): readonly (S & { readonly folder: string })[] {
  const own = services.filter((service): service is S & { readonly folder: string } => service.folder !== undefined)
  if (own.length > 0) return own
  throw new Failure("None of these services has its source here, so none has migrations here.", {
    hint: "Migrations lie in the folder of a service, beside its service.ts.",
  })
}
