/** The company without demo data, for tests that start it as a process of its own. */
import { start } from "@archipel/server"
import { services } from "../../examples/company/services.ts"

await start(services)
