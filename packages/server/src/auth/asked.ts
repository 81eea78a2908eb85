import { ArchipelError, type Principal, publicPrincipal, type ServiceDefinition, withinCompanies } from "@archipel/core"
import type { Authenticate, RequestHeaders } from "./authenticate.ts"

/** The companies that a request is about, as its sender says: `X-Companies: north,south`. */
const COMPANIES = "x-companies"

/** A header is a few kilobytes; nobody works for more companies than this at a time. */
const MAX_COMPANIES = 200

/** Undefined where a request is about all that its sender works for. @throws `request.too_complex` */
export function companiesIn(headers: RequestHeaders): readonly string[] | undefined {
  const named = headers.get(COMPANIES)
  if (named === null) return undefined
  const companies = named.split(",", MAX_COMPANIES + 1).map((name) => name.trim())
  if (companies.length > MAX_COMPANIES)
    throw new ArchipelError("request.too_complex", { what: "companies in X-Companies", limit: MAX_COMPANIES })
  return companies.filter((name) => name !== "")
}

function narrowed(principal: Principal, headers: RequestHeaders): Principal {
  const companies = companiesIn(headers)
  return companies === undefined ? principal : withinCompanies(principal, companies)
}

/**
 * Who asks a service: whoever the request proves to be, in the companies that it names; without any proof the public, where the
 * service grants it something.
 *
 * @throws `auth.required`, `auth.invalid`, `request.too_complex`
 */
export function asked(
  authenticate: Authenticate,
  headers: RequestHeaders,
  service: ServiceDefinition | undefined,
): Principal | Promise<Principal> {
  try {
    const known = authenticate(headers, service?.name)
    if (known instanceof Promise)
      return known.then(
        (principal) => narrowed(principal, headers),
        (error: unknown) => anybody(error, headers, service),
      )
    return narrowed(known, headers)
  } catch (error) {
    return anybody(error, headers, service)
  }
}

/** A wrong token is no missing one: its sender is told. */
function anybody(error: unknown, headers: RequestHeaders, service: ServiceDefinition | undefined): Principal {
  const isMissing =
    error instanceof ArchipelError && error.code === "auth.required" && headers.get("authorization") === null
  if (!isMissing || !service?.isPublic) throw error
  return publicPrincipal
}
