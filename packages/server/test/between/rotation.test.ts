import { mkdtempSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { afterAll, expect, test } from "vitest"
import { noLog } from "../../src/log.ts"
import { fileCredentials } from "../../src/between/trust/credential-files.ts"
import { openDevelopmentAuthority } from "../../src/between/trust/development-authority.ts"
import { holdCredentials } from "../../src/between/trust/held-credentials.ts"
import { type Asking, asking } from "./asking.ts"
import { credentialsOf, pairOf, type Talking, talking, TRUST_DOMAIN } from "./fleet.ts"

const root = mkdtempSync(join(tmpdir(), "archipel-rotation-"))
afterAll(() => rm(root, { recursive: true, force: true }))

/** Long enough that there are requests on their way whenever something happens to a connection. */
const held = (): Promise<void> => delay(100)

/** Asks over both protocols, several at a time, while `change` goes on and once more after it. */
async function failuresDuring(
  asks: Asking,
  change: () => Promise<void>,
): Promise<{ asked: number; failed: unknown[] }> {
  const failed: unknown[] = []
  let asked = 0
  let isOver = false
  const ask = async (way: (what: string) => Promise<string>): Promise<void> => {
    let isLast = false
    while (!isLast) {
      isLast = isOver
      asked++
      await way("/api").catch((error: unknown) => failed.push(error))
    }
  }
  const asking = [asks.overGrpc, asks.overHttp].flatMap((way) => Array.from({ length: 4 }, () => ask(way)))
  try {
    await change()
  } finally {
    isOver = true
    await Promise.all(asking)
  }
  return { asked, failed }
}

test("certificates of both sides are replaced, and connections end with the old ones, without a failed request", async () => {
  const short = { hours: 10 / 3600 }
  const sales = await credentialsOf("sales", short)
  const crm = await credentialsOf("crm", short)
  await using listening = await talking(sales, { held })
  await using asks = asking(crm, "sales", listening.port)
  const { asked, failed } = await failuresDuring(asks, async () => {
    for (let i = 0; i < 4; i++) {
      await delay(3_000)
      sales.replace(await pairOf("sales", short))
      crm.replace(await pairOf("crm", short))
    }
  })
  expect(failed).toEqual([])
  expect(asked).toBeGreaterThan(100)
})

test("the authority is replaced under a stream of requests, of which none fails, and the old one is believed no longer", async () => {
  const authority = await openDevelopmentAuthority({
    directory: join(root, "authority"),
    trustDomain: TRUST_DOMAIN,
    isDevelopment: true,
    log: noLog,
    settleMs: 1_000,
  })
  const stop = await authority.keepIssued(["sales", "crm"])
  const ofFiles = (service: string) =>
    fileCredentials({
      service,
      trustDomain: TRUST_DOMAIN,
      files: { directory: authority.directoryOf(service) },
      log: noLog,
      pollMs: 50,
    })
  const [sales, crm] = await Promise.all([ofFiles("sales"), ofFiles("crm")])
  const before = crm.current()
  await using listening: Talking = await talking(sales, { held })
  await using asks = asking(crm, "sales", listening.port)
  const { asked, failed } = await failuresDuring(asks, () => authority.rotateAuthority())
  expect(failed).toEqual([])
  expect(asked).toBeGreaterThan(100)
  expect(crm.current().authorities).not.toBe(before.authorities)

  const former = holdCredentials({
    service: "crm",
    trustDomain: TRUST_DOMAIN,
    pair: { ...before, authorities: crm.current().authorities },
  })
  await using late = asking(former, "sales", listening.port)
  await expect(late.overHttp("/api")).rejects.toThrow()
  await expect(late.overGrpc("/api")).rejects.toThrow(/UNAVAILABLE/)
  stop()
  sales.close()
  crm.close()
})
