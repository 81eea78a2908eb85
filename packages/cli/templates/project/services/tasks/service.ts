import { service } from "@archipel/server"
import { task } from "./logic.ts"

export const tasks = service("tasks", { logic: [task] })
