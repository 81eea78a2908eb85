export { identity } from "./contract.ts"
export { identityService } from "./service/service.ts"
