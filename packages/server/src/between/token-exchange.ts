import type { Proof } from "./proof.ts"

/**
 * Gets a token for another service in exchange for the one that a user sent to this one (RFC 8693): it says the same of the user, and
 * that this service acts for them. Kept until shortly before it ends, so that it costs nothing in most requests.
 *
 * @throws `auth.invalid` when the user's login has ended, `access.denied` when this service may not call that one, `service.unavailable`
 */
export type TokenExchange = (proof: Proof, service: string) => Promise<string>
