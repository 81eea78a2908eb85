export { open, start } from "./start.ts"
export type { Program, RunningProgram, StartOptions } from "./start.ts"
export { startArguments, UsageError } from "./start-arguments.ts"
export type { StartArguments } from "./start-arguments.ts"
export { startFailures } from "./start-failure.ts"
export type { StartFailure } from "./start-failure.ts"
export { service } from "./service.ts"
export type { Service } from "./service.ts"
export { openServices } from "./open-services.ts"
export type { OpenOptions, OpenServices } from "./open-services.ts"
export type {
  BulkResult,
  ChangeAnswer,
  DraftAnswer,
  DraftRequest,
  Idempotency,
  QueryAnswer,
  RequestContext,
  ServiceRuntime,
  Warning,
} from "./service-runtime.ts"
export { interceptStart, takeStartFailures } from "./intercept-start.ts"
export type { DescribedProgram } from "./intercept-start.ts"
export { authenticateDevelopmentUsers, developmentUsers } from "./auth/development-users.ts"
export type { DevelopmentUser } from "./auth/development-users.ts"
export { createLog } from "./log.ts"
export type { Log, LogOptions } from "./log.ts"
export { openapiDocument } from "./openapi/document.ts"
