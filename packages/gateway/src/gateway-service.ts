import { logic } from "@archipel/core"
import { type Service, service } from "@archipel/server"
import "./contract.ts"
import type { SessionTimes } from "./session-store.ts"

export interface GatewayOptions {
  /** How long browsers' sessions live: idle 8 hours, in all 30 days, where left out. */
  readonly sessions?: Partial<SessionTimes>
}

const session = logic("gateway.Session").grant("gateway.admin", ["read", "delete"], "all", {
  fields: { except: ["handle", "tokens"] },
})

/** Browsers' sessions of a program whose logins are the identity service's: `start([identityService(), gatewayService(), ...services])`. */
export const gatewayService = (options: GatewayOptions = {}): Service<"gateway"> =>
  service("gateway", {
    logic: [session],
    // Loaded where it runs: a process of another service has no use for it.
    runs: async (host) => (await import("./run-gateway.ts")).runGateway(host, options),
  })
