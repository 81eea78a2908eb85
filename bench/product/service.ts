import { service } from "@archipel/server"
import { customer, order, orderLine } from "./logic.ts"

export const bench = service("bench", { logic: [customer, order, orderLine] })
