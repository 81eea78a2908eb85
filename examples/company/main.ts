import { start } from "@archipel/server"
import { catalog } from "./catalog/service.ts"
import { crm } from "./crm/service.ts"
import { seedDemo } from "./demo/seed-demo.ts"
import { people } from "./people/service.ts"
import { sales } from "./sales/service.ts"

await start([crm, catalog, sales, people], { demo: seedDemo })
