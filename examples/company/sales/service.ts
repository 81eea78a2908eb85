import { service } from "@archipel/server"
import { order, orderLine, shipper } from "./logic.ts"

export const sales = service("sales", { logic: [shipper, order, orderLine] })
