/** The company with its login and its gateway, without demo data, for tests that start it as a process of its own. */
import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import { start } from "@archipel/server"
import { services } from "../../examples/company/services.ts"

await start([identityService(), gatewayService(), ...services])
