import { service } from "@archipel/server"
import { french } from "./french.ts"
import { employee, expense, region, territory } from "./logic.ts"

export const people = service("people", { logic: [region, territory, employee, expense], translations: [french] })
