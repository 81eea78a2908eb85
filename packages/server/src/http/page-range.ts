import { ArchipelError } from "@archipel/core"
import { onlyParams, readParams } from "./params.ts"

/** A page of what has no order of its own but time. */
export interface PageRange {
  readonly after?: string
  readonly limit: number
}

/** `?limit=50&after=…`. @throws `query.invalid` */
export function pageRangeOf(
  search: string,
  bounds: { readonly page: number; readonly defaultPage: number },
): PageRange {
  const params = onlyParams(readParams(search), ["limit", "after"])
  const given = params.get("limit")
  const limit = given === undefined ? bounds.defaultPage : /^\d{1,9}$/.test(given) ? Number(given) : 0
  if (limit < 1 || limit > bounds.page) {
    throw new ArchipelError("query.invalid", {
      errors: [{ path: "/limit", code: "query.invalid", detail: `limit is 1 to ${bounds.page}.` }],
    })
  }
  const after = params.get("after")
  return { limit, ...(after === undefined ? {} : { after }) }
}
