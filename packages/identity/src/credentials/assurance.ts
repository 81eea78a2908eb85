/** How somebody proved who they are. */
export type ProofMethod = "password" | "totp" | "recovery" | "passkey" | "external" | "link"

/** One proof and its instant (ISO 8601). */
export interface Proof {
  readonly method: ProofMethod
  readonly at: string
}

/** What a login amounts to: nothing, one factor, or several (`acr` of tokens). */
export type Assurance = "none" | "single" | "mfa"

/** Names of RFC 8176, as tokens carry them. */
const references: Readonly<Record<ProofMethod, readonly string[]>> = {
  password: ["pwd"],
  totp: ["otp"],
  recovery: ["otp"],
  passkey: ["hwk", "user"],
  external: ["fed"],
  link: ["email"],
}

/** A passkey shows possession and, by its PIN or finger, the person; it is both. */
const kindsOf: Readonly<Record<ProofMethod, readonly string[]>> = {
  password: ["knowledge"],
  totp: ["possession"],
  recovery: ["possession"],
  passkey: ["possession", "person"],
  external: ["elsewhere"],
  link: ["mailbox"],
}

/** The assurance of those proofs that are at most `seconds` old; of all when left out. */
export function assuranceOf(proofs: readonly Proof[], now: Date, seconds = Number.POSITIVE_INFINITY): Assurance {
  const fresh = proofs.filter(({ at }) => now.getTime() - Date.parse(at) <= seconds * 1_000)
  const kinds = new Set(fresh.flatMap(({ method }) => kindsOf[method]))
  if (kinds.size === 0) return "none"
  return kinds.size > 1 && kinds.has("possession") ? "mfa" : "single"
}

/** `amr` of tokens. */
export function methodReferences(proofs: readonly Proof[], now: Date): readonly string[] {
  const names = new Set(proofs.flatMap(({ method }) => references[method]))
  if (assuranceOf(proofs, now) === "mfa") names.add("mfa")
  return [...names]
}
