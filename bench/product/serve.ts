/**
 * The service under test as its own program: `PORT` and the database URLs say where, `BENCH_RULES` under which rules. The development users' manager may
 * see the orders of all five companies; every request has its log line.
 *
 * @module
 */

import { createLog, start } from "@archipel/server"
import { benchService } from "./service.ts"

await start([benchService(process.env["BENCH_RULES"] ?? "product")], {
  development: { claims: { manager: { companies: [1, 2, 3, 4, 5] } } },
  log: createLog({ level: "info" }),
  // The load comes from one user at one address, and is to be more than one of them ever sends; that it is counted stays in.
  http: { limits: { principalPerSecond: 1e6, principalBurst: 1e6, networkPerSecond: 1e6, networkBurst: 1e6 } },
})
