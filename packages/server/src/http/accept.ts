import { ArchipelError } from "@archipel/core"
import type { ApiRequest } from "./api-request.ts"

const json = /^\s*(?:\*\/\*|application\/\*|application\/(?:[a-z.-]+\+)?json)\s*(?:;|$)/i

/** Refuses those who take no JSON (RFC 9110, section 12.5.1), before anything is done. @throws `request.not_acceptable` */
export function acceptJson(request: ApiRequest): void {
  const header = request.headers.get("accept")
  if (header === null || header === "*/*" || header === "application/json" || header.trim() === "") return
  if (!header.split(",").some((each) => json.test(each) && !/;\s*q=0(?:\.0*)?\s*$/i.test(each))) {
    throw new ArchipelError("request.not_acceptable", { available: ["application/json"] })
  }
}
