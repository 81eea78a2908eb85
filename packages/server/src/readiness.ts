/**
 * What a service that answers lacks now. Looked at behind the back of who asks, so that nobody waits for a database that does not answer.
 *
 * @module
 */
import type { ServiceRuntime } from "./service-runtime.ts"

/** Its own database, or records that it keeps of other services and that have not come once yet. */
export type Lack = "database" | "mirrors"

/** What was seen is believed for so long. */
const FRESH_MS = 1_000

interface Seen {
  lacks: readonly Lack[]
  at: number
  isLooking: boolean
}

const seen = new WeakMap<object, Seen>()

async function look(runtime: Pick<ServiceRuntime, "ready" | "mirrors">): Promise<readonly Lack[]> {
  const isReady = await runtime.ready().catch(() => false)
  const isFilled = runtime.mirrors().every(({ asOf }) => asOf !== null)
  return [...(isReady ? [] : (["database"] as const)), ...(isFilled ? [] : (["mirrors"] as const))]
}

/** As of the last look; the first time nothing. Each call begins another look where the last one is older than a second. */
export function lacksNow(runtime: Pick<ServiceRuntime, "ready" | "mirrors">): readonly Lack[] {
  let known = seen.get(runtime)
  if (known === undefined) seen.set(runtime, (known = { lacks: [], at: Number.NEGATIVE_INFINITY, isLooking: false }))
  const entry = known
  if (!entry.isLooking && performance.now() - entry.at >= FRESH_MS) {
    entry.isLooking = true
    void look(runtime).then((lacks) => {
      entry.lacks = lacks
      entry.at = performance.now()
      entry.isLooking = false
    })
  }
  return entry.lacks
}
