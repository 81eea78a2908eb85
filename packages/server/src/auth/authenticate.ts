import type { Principal } from "@archipel/core"

/** The header fields of a request, by any case. */
export interface RequestHeaders {
  get(name: string): string | null
}

/**
 * Who sends a request, to which service if to one. Answers at once where it can: it runs before every request.
 *
 * @throws `auth.required` without a token, `auth.invalid` with one that is not valid
 */
export interface Authenticate {
  (headers: RequestHeaders, service?: string): Principal | Promise<Principal>
  /** A user by id (or login, where there is one) with the rights of now, for explanations; undefined if nobody is known by it. */
  readonly principalOf?: ((user: string) => Principal | undefined | Promise<Principal | undefined>) | undefined
}
