import { partsOf } from "../metadata/model.ts"

/** The address of a record's form. */
export function recordAddress(collection: string, id: string): string {
  const { service, name } = partsOf(collection)
  return `/admin/${service}/${name}/${id}`
}
