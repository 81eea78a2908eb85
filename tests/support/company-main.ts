/** The company without demo data, for tests that start it as a process of its own. `OUTSIDER_ROLES` gives the outsider some. */
import { start } from "@archipel/server"
import { services } from "../../examples/company/services.ts"

const outsider = process.env["OUTSIDER_ROLES"]?.split(",") ?? []
await start(services, { development: { roles: { outsider } } })
