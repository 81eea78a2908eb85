export { gateway } from "./contract.ts"
export { gatewayService } from "./gateway-service.ts"
export type { GatewayOptions } from "./gateway-service.ts"
export type { SessionTimes } from "./session-store.ts"
