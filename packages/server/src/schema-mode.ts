import { isDevelopment } from "./running-parts.ts"

/** What `ARCHIPEL_SCHEMA` may say. */
export const schemaModes = ["apply", "check"] as const

/**
 * Whether a start makes what is missing in a database or only looks. In production it looks, unless it is asked: who releases decides
 * when tables change, and several processes start at once.
 */
export function schemaMode(env: Readonly<Record<string, string | undefined>>): (typeof schemaModes)[number] {
  const asked = env["ARCHIPEL_SCHEMA"]
  return schemaModes.find((mode) => mode === asked) ?? (isDevelopment(env) ? "apply" : "check")
}
