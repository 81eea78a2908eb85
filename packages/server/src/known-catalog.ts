import { type Catalog, knownContracts, resolveCatalog } from "@archipel/core"

/** All contracts imported so far, resolved. @throws DefinitionError */
export const knownCatalog = (): Catalog => resolveCatalog(knownContracts().values())
