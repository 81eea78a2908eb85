/**
 * What a request through a gateway costs at the least on this machine: a bare proxy of Node's own, over mutual TLS.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createLog } from "@archipel/server"
import { openDevelopmentAuthority } from "../../packages/server/src/between/trust/development-authority.ts"
import { measureLoad, type TopologyRow } from "./topologies.ts"

const SERVICE = "sales"
const READY_MS = 30_000

/** One order's bytes through the proxy, and nothing of the product. */
export async function measureProxyFloor(seconds: number): Promise<TopologyRow> {
  await using resources = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), "archipel-bench-floor-"))
  resources.defer(() => rm(directory, { recursive: true, force: true }))
  const authority = await openDevelopmentAuthority({
    directory: join(directory, "authority"),
    trustDomain: "archipel",
    isDevelopment: true,
    log: createLog({ level: "silent" }),
  })
  await authority.issueFor([SERVICE])
  const child = spawn(
    process.execPath,
    [
      "--conditions=@archipel/source",
      join(import.meta.dirname, "floor-proxy.ts"),
      SERVICE,
      authority.directoryOf(SERVICE),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  resources.defer(async () => {
    const ended = once(child, "exit")
    if (child.kill("SIGKILL")) await ended
  })
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data", {
    signal: AbortSignal.timeout(READY_MS),
  })) as [string]
  const url = /^ready (\S+)/.exec(line)?.[1]
  if (url === undefined) throw new Error(`The bare proxy said: ${line}`)
  const paths = join(directory, "paths")
  await writeFile(paths, "/api/sales/orders/1?select=number,total\n")
  return await measureLoad({
    topology: "bare proxy, no product",
    work: "one order",
    url,
    pid: child.pid as number,
    paths,
    seconds,
  })
}
