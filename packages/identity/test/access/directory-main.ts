/** Identity and one other service as a program of its own. */
import { start } from "@archipel/server"
import { crm } from "../../../../examples/company/crm/service.ts"
import { identityService } from "../../src/service/service.ts"

await start([identityService(), crm])
