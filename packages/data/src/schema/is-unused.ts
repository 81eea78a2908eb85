import type { Queryable } from "../postgres/database.ts"
import { FRAMEWORK_SCHEMA } from "./structure.ts"

/** Whether nothing was ever written to a service's database through the framework. */
export async function isUnused(database: Queryable): Promise<boolean> {
  const answer = await database.text({ text: `select not exists (select from ${FRAMEWORK_SCHEMA}.history)` })
  return answer === "t" || answer === "true"
}
