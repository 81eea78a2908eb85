import { catalog } from "./catalog/service.ts"
import { crm } from "./crm/service.ts"
import { people } from "./people/service.ts"
import { sales } from "./sales/service.ts"

/** The company: four services that run in one process, or each in its own. */
export const services = [crm, catalog, people, sales] as const
