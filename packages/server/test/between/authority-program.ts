/** A process of a development fleet that has just started: `node authority-program.ts DIRECTORY SERVICE…`. */
import { openDevelopmentAuthority } from "../../src/between/trust/development-authority.ts"
import { noLog } from "../../src/log.ts"
import { TRUST_DOMAIN } from "./fleet.ts"

const [directory = "", ...services] = process.argv.slice(2)
const authority = await openDevelopmentAuthority({
  directory,
  trustDomain: TRUST_DOMAIN,
  isDevelopment: true,
  log: noLog,
})
await authority.issueFor(services)
