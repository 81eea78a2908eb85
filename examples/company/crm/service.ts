import { service } from "@archipel/server"
import { country, customer } from "./logic.ts"

export const crm = service("crm", { logic: [country, customer] })
