/** The company with demo data that takes for ever: it is told to end while it starts. */
import { start } from "@archipel/server"
import { services } from "../../examples/company/services.ts"

await start(services, {
  async demo(db) {
    await db("crm.Customer").create({ name: "The first" })
    process.kill(process.pid, "SIGTERM")
    for (;;) await db("crm.Customer").find({ select: ["id"] })
  },
})
