import { service } from "@archipel/server"
import { french } from "./french.ts"
import { category, product, supplier } from "./logic.ts"

export const catalog = service("catalog", { logic: [category, supplier, product], translations: [french] })
