import { service } from "@archipel/server"
import { french } from "./french.ts"
import { country, customer } from "./logic.ts"

export const crm = service("crm", { logic: [country, customer], translations: [french] })
