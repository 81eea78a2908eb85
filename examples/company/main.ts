import { start } from "@archipel/server"
import { seedDemo } from "./demo/seed-demo.ts"
import { services } from "./services.ts"

await start(services, { demo: seedDemo })
