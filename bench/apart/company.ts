/**
 * The example company with its login and gateway as its own program, in one process or with `--apart` in several: the load comes from
 * one user at one address, and is to be more than one of them ever sends.
 *
 * @module
 */
import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import { createLog, start } from "@archipel/server"
import { services } from "../../examples/company/services.ts"
import { seedDemo } from "../../examples/company/demo/seed-demo.ts"

await start([identityService(), gatewayService(), ...services], {
  demo: seedDemo,
  log: createLog({ level: "warn" }),
  http: { limits: { principalPerSecond: 1e6, principalBurst: 1e6, networkPerSecond: 1e6, networkBurst: 1e6 } },
})
