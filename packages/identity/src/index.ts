export { identity } from "./contract.ts"
