import { service } from "@archipel/server"
import { ruleSets } from "./rules.ts"

/** @param rules A name of `ruleSets`. @throws RangeError for another one */
export function benchService(rules: string) {
  const logic = ruleSets[rules]
  if (logic === undefined) throw new RangeError(`There are no rules "${rules}".`)
  return service("bench", { logic })
}
