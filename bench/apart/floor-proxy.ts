/** The bare proxy and what is behind it as a program of its own, so that its CPU time is its own: says where it is, and runs until it is ended. */
import { fileCredentials } from "../../packages/server/src/between/trust/credential-files.ts"
import { createLog } from "../../packages/server/src/log.ts"
import { proxyFloor } from "./floor.ts"

const [service = "", directory = ""] = process.argv.slice(2)
const log = createLog({ level: "silent" })
const credentials = await fileCredentials({ service, trustDomain: "archipel", files: { directory }, log })
console.log(`ready ${await proxyFloor(credentials.current(), `${service}.archipel.internal`)}`)
