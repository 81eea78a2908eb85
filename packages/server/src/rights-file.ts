import {
  type Catalog,
  DefinitionError,
  knownContracts,
  resolveCatalog,
  resolveService,
  rightsMatrix,
} from "@archipel/core"
import type { Service } from "./service.ts"

/**
 * The rights matrix of a service, as its file `rights.txt` has it.
 *
 * @throws DefinitionError if contract and logic do not fit together
 */
export function rightsText(service: Service, catalog: Catalog = resolveCatalog(knownContracts().values())): string {
  const contract = knownContracts().get(service.name)
  if (contract === undefined) throw new DefinitionError([`There is no contract "${service.name}".`])
  return rightsMatrix(resolveService(contract, service.logic, catalog, service))
}
