import { execFile } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { X509Certificate } from "node:crypto"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, expect, test, vi } from "vitest"
import { noLog } from "../../src/log.ts"
import {
  type DevelopmentAuthority,
  type DevelopmentAuthorityOptions,
  openDevelopmentAuthority,
} from "../../src/between/trust/development-authority.ts"
import { fileCredentials } from "../../src/between/trust/credential-files.ts"
import { certificatesIn } from "../../src/between/trust/pem.ts"
import { asking } from "./asking.ts"
import { talking, TRUST_DOMAIN } from "./fleet.ts"

const root = mkdtempSync(join(tmpdir(), "archipel-authority-"))
afterAll(() => rm(root, { recursive: true, force: true }))
let directories = 0
const newDirectory = (): string => join(root, String(directories++), "authority")

const opened = (directory: string, options: Partial<DevelopmentAuthorityOptions> = {}): Promise<DevelopmentAuthority> =>
  openDevelopmentAuthority({ directory, trustDomain: TRUST_DOMAIN, isDevelopment: true, log: noLog, ...options })

const credentialsIn = (authority: DevelopmentAuthority, service: string, pollMs?: number) =>
  fileCredentials({
    service,
    trustDomain: TRUST_DOMAIN,
    files: { directory: authority.directoryOf(service) },
    log: noLog,
    ...(pollMs === undefined ? {} : { pollMs }),
  })

const certificateOf = async (authority: DevelopmentAuthority, service: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(join(authority.directoryOf(service), "certificate.pem")))

const believedBy = async (authority: DevelopmentAuthority, service: string): Promise<readonly string[]> =>
  certificatesIn(await readFile(join(authority.directoryOf(service), "authorities.pem"), "utf8")).map(
    ({ fingerprint256 }) => fingerprint256,
  )

const waitOptions = { timeout: 30_000, interval: 10 }

test("services get certificates that they believe of each other, in files that only their owner reads", async () => {
  const directory = newDirectory()
  const authority = await opened(directory)
  await authority.issueFor(["sales", "crm"])
  const sales = await credentialsIn(authority, "sales")
  const crm = await credentialsIn(authority, "crm")
  await using listening = await talking(sales)
  await using asks = asking(crm, "sales", listening.port)
  expect(await asks.overGrpc("hello")).toBe("crm said hello")
  for (const name of await readdir(directory, { recursive: true })) {
    const { mode } = await stat(join(directory, name))
    expect([name, mode & 0o077]).toEqual([name, 0])
  }
  sales.close()
  crm.close()
})

test("of processes that start at once one makes the authority, and all give certificates by it that fit", async () => {
  const directory = newDirectory()
  const program = fileURLToPath(new URL("authority-program.ts", import.meta.url))
  const start = (): Promise<unknown> =>
    promisify(execFile)(process.execPath, ["--conditions=@archipel/source", program, directory, "sales", "crm"])
  await Promise.all([start(), start(), start()])
  const authority = await opened(directory)
  expect(await believedBy(authority, "sales")).toHaveLength(1)
  expect(await believedBy(authority, "sales")).toEqual(await believedBy(authority, "crm"))
  for (const service of ["sales", "crm"]) (await credentialsIn(authority, service)).close()
  expect((await readdir(directory)).toSorted()).toEqual(["crm", "sales", "signing.pem"])
})

test("the development authority is refused in production", async () => {
  await expect(opened(newDirectory(), { isDevelopment: false })).rejects.toMatchObject({
    code: "program.misconfigured",
  })
})

test("a certificate lasts a day and is renewed before half of its life has passed, and not much earlier", async () => {
  const directory = newDirectory()
  let nowMs = Date.now()
  const authority = await opened(directory, { now: () => new Date(nowMs), checkMs: 10 })
  const stop = await authority.keepIssued(["sales"])
  const first = await certificateOf(authority, "sales")
  expect(first.validToDate.getTime() - nowMs).toBeLessThanOrEqual(24 * 3_600_000)
  nowMs += 6 * 3_600_000
  await authority.issueFor(["sales"])
  expect((await certificateOf(authority, "sales")).fingerprint256).toBe(first.fingerprint256)
  nowMs += 5 * 3_600_000
  await vi.waitFor(
    async () => expect((await certificateOf(authority, "sales")).fingerprint256).not.toBe(first.fingerprint256),
    waitOptions,
  )
  stop()
})

test("an authority that has expired is replaced on the next start, and so are its certificates", async () => {
  const directory = newDirectory()
  const longAgo = new Date(Date.now() - 400 * 24 * 3_600_000)
  const old = await opened(directory, { now: () => longAgo })
  await old.issueFor(["sales"])
  const authority = await opened(directory)
  await authority.issueFor(["sales"])
  ;(await credentialsIn(authority, "sales")).close()
})

test("an authority near its end is replaced while its fleet runs", async () => {
  const directory = newDirectory()
  const begun = new Date(Date.now() - 340 * 24 * 3_600_000)
  const old = await opened(directory, { now: () => begun })
  await old.issueFor(["sales"])
  const [former] = await believedBy(old, "sales")
  const authority = await opened(directory, { checkMs: 20, settleMs: 20 })
  const stop = await authority.keepIssued(["sales"])
  await vi.waitFor(async () => {
    const believed = await believedBy(authority, "sales")
    expect(believed).toHaveLength(1)
    expect(believed).not.toContain(former)
  }, waitOptions)
  stop()
  ;(await credentialsIn(authority, "sales")).close()
})

test("a rotation that was interrupted is taken up by the next one", async () => {
  const directory = newDirectory()
  const authority = await opened(directory, { settleMs: 10 })
  await authority.issueFor(["sales", "crm"])
  const [former] = await believedBy(authority, "sales")
  // As if the process had ended while both were believed.
  const other = newDirectory()
  await opened(other)
  await writeFile(join(directory, "next.pem"), await readFile(join(other, "signing.pem")))
  await authority.rotateAuthority()
  for (const service of ["sales", "crm"]) {
    const believed = await believedBy(authority, service)
    expect(believed).toHaveLength(1)
    expect(believed).not.toContain(former)
    ;(await credentialsIn(authority, service)).close()
  }
  expect((await readdir(directory)).toSorted()).toEqual(["crm", "sales", "signing.pem"])
})
