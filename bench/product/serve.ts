/**
 * The service under test as its own program: `PORT` and `DATABASE_URL_BENCH` say where.
 *
 * @module
 */

import { start } from "@archipel/server"
import { bench } from "./service.ts"

await start([bench])
