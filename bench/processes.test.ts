import { spawn } from "node:child_process"
import { once } from "node:events"
import { expect, test } from "vitest"
import { usageOf } from "./processes.ts"

test.runIf(process.platform === "linux")(
  "the work of a child counts for its parent, while it lives and afterwards",
  async () => {
    const before = usageOf(process.pid)
    const work =
      "const end = process.cpuUsage().user + 200_000; while (process.cpuUsage().user < end); console.log('done'); process.stdin.resume()"
    const child = spawn(process.execPath, ["-e", work], { stdio: ["pipe", "pipe", "inherit"] })
    await once(child.stdout, "data")
    const during = usageOf(process.pid)
    expect(during.cpuUs - before.cpuUs).toBeGreaterThanOrEqual(150_000)
    expect(during.residentBytes).toBeGreaterThan(before.residentBytes)

    child.stdin.end()
    await once(child, "exit")
    expect(usageOf(process.pid).cpuUs - before.cpuUs).toBeGreaterThanOrEqual(150_000)
  },
)
