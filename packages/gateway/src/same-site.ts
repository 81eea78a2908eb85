import { ArchipelError } from "@archipel/core"
import type { RequestHeaders } from "@archipel/server"

/** Whether another site's page made the browser send this; every browser of today says so (Fetch Metadata). */
export const isFromElsewhere = (headers: RequestHeaders, origin: string): boolean => {
  const site = headers.get("sec-fetch-site")
  if (site !== null) return site !== "same-origin" && site !== "none"
  const named = headers.get("origin")
  return named !== null && named !== origin
}

/**
 * Makes sure that a page of this origin sends a change.
 *
 * @param proof Whether a header is asked for that no form can send and no other origin may.
 * @throws `request.cross_site`
 */
export function assertSameSite(headers: RequestHeaders, origin: string, proof: boolean): void {
  const site = headers.get("sec-fetch-site")
  const isOurs = site === null ? headers.get("origin") === origin : site === "same-origin"
  if (!isOurs || (proof && headers.get("x-archipel") !== "1")) throw new ArchipelError("request.cross_site", {})
}
