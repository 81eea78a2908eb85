import { start } from "@archipel/server"
import { tasks } from "./services/tasks/service.ts"

await start([tasks])
