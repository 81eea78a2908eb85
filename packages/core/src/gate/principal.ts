/** Who asks, as the gate sees them. */
export interface Principal {
  readonly kind: "user" | "service" | "system"
  /** The user's id, or the service's name. */
  readonly id: string
  /** "service.role". */
  readonly roles: readonly string[]
  /** Attributes for `claim(…)`: strings, numbers, or lists of them. */
  readonly claims: Readonly<Record<string, unknown>>
  /** IANA name; days begin and end there. */
  readonly timeZone: string
}

const systems = new WeakSet<Principal>()

/**
 * The principal that may do everything. It is recognised by identity, not by its content, so nothing that was parsed
 * from a request can be one.
 *
 * @param reason Recorded with what it does.
 */
export function systemPrincipal(reason: string): Principal & { readonly reason: string } {
  const principal = { kind: "system", id: "system", roles: [], claims: {}, timeZone: "UTC", reason } as const
  systems.add(principal)
  return principal
}

/** Whether the principal was made by `systemPrincipal` in this process. */
export const isSystem = (principal: Principal): boolean => systems.has(principal)
