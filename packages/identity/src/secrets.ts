export { createSecrets, programSecret, SECRET_BYTES } from "@archipel/server"
export type { Secrets } from "@archipel/server"
