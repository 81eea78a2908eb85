import type { Account } from "./accounts.ts"
import { domainOf } from "./email-address.ts"
import type { ExternalIssuer } from "./external-issuers.ts"

/** What an issuer says of who logged in there. */
export interface ExternalIdentity {
  readonly subject: string
  readonly email?: string
  readonly emailVerified: boolean
  readonly name?: string
}

export type ExternalDecision =
  | { readonly do: "login"; readonly userId: string }
  /** Store the outside login for that user. */
  | { readonly do: "link"; readonly userId: string }
  | { readonly do: "create"; readonly email: string; readonly name: string }
  /** The account's owner has to log in to it first. */
  | { readonly do: "ask"; readonly userId: string }
  | { readonly do: "refuse"; readonly code: "external.no_account" | "external.taken" }

/**
 * Whose login it is. Issuer and subject alone say who somebody is; an address only says whom to look for: it links by itself only where
 * the account's address was proved here and the issuer is the one that gives out addresses of that domain.
 *
 * @param facts.linked The user that issuer and subject belong to already.
 * @param facts.sameAddress The user with the address that the issuer says.
 * @param facts.linkTo The user who is logged in here and asked for the link.
 */
export function decideExternal(
  issuer: Pick<ExternalIssuer, "authoritativeDomains" | "autoCreate">,
  identity: ExternalIdentity,
  facts: { readonly linked?: Account; readonly sameAddress?: Account; readonly linkTo?: Account },
): ExternalDecision {
  const { linked, sameAddress, linkTo } = facts
  const refuse = (code: "external.no_account" | "external.taken"): ExternalDecision => ({ do: "refuse", code })
  if (linkTo !== undefined) {
    if (linked !== undefined && linked.id !== linkTo.id) return refuse("external.taken")
    return linkTo.active ? { do: "link", userId: linkTo.id } : refuse("external.no_account")
  }
  if (linked !== undefined) return linked.active ? { do: "login", userId: linked.id } : refuse("external.no_account")
  const { email, emailVerified, name } = identity
  if (email === undefined || !emailVerified) return refuse("external.no_account")
  const isAuthoritative = issuer.authoritativeDomains.includes(domainOf(email))
  if (sameAddress !== undefined) {
    if (!sameAddress.active) return refuse("external.no_account")
    if (isAuthoritative && sameAddress.emailVerified) return { do: "link", userId: sameAddress.id }
    return { do: "ask", userId: sameAddress.id }
  }
  return isAuthoritative && issuer.autoCreate
    ? { do: "create", email, name: name ?? email }
    : refuse("external.no_account")
}
