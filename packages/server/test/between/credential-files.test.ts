import { ArchipelError } from "@archipel/core"
import { mkdtempSync } from "node:fs"
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, test, vi } from "vitest"
import { noLog } from "../../src/log.ts"
import { fileCredentials, type FileCredentialsOptions } from "../../src/between/trust/credential-files.ts"
import type { KeyPair, WorkloadCredentials } from "../../src/between/trust/workload.ts"
import { createAuthority } from "../../src/between/trust/authority.ts"
import { pairOf, TRUST_DOMAIN } from "./fleet.ts"

const root = mkdtempSync(join(tmpdir(), "archipel-credentials-"))
afterAll(() => rm(root, { recursive: true, force: true }))
let directories = 0

async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = join(root, String(directories++))
  await mkdir(directory)
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text)
  return directory
}

const own = ({ key, certificate, authorities }: KeyPair) => ({
  "key.pem": key,
  "certificate.pem": certificate,
  "authorities.pem": authorities,
})

/** Closed with `using`. */
async function opened(
  files: FileCredentialsOptions["files"],
  options: Partial<FileCredentialsOptions> = {},
): Promise<WorkloadCredentials & Disposable> {
  const credentials = await fileCredentials({
    service: "sales",
    trustDomain: TRUST_DOMAIN,
    files,
    log: noLog,
    pollMs: 20,
    ...options,
  })
  return { ...credentials, [Symbol.dispose]: () => credentials.close() }
}

async function mistakesOf(files: Readonly<Record<string, string>>, now = new Date()): Promise<readonly string[]> {
  const failed = await opened({ directory: await directoryWith(files) }, { now: () => now }).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(failed instanceof ArchipelError)) throw new Error("The files were taken.")
  expect(failed.code).toBe("program.misconfigured")
  return (failed.details as { readonly mistakes: readonly string[] }).mistakes
}

const waitOptions = { timeout: 20_000, interval: 10 }

test("the files of cert-manager are found by their names, and any others by their paths", async () => {
  const pair = await pairOf("sales")
  const directory = await directoryWith({
    "tls.key": pair.key,
    "tls.crt": pair.certificate,
    "ca.crt": pair.authorities,
  })
  using mounted = await opened({ directory })
  expect(mounted.current()).toEqual(pair)
  using named = await opened({
    keyFile: join(directory, "tls.key"),
    certificateFile: join(directory, "tls.crt"),
    authoritiesFile: join(directory, "ca.crt"),
  })
  expect(named.current()).toEqual(pair)
})

test("files that are not there are named, all at once", async () => {
  const mistakes = await mistakesOf({ "certificate.pem": "" })
  expect(mistakes).toHaveLength(2)
  expect(mistakes[0]).toMatch(/^Credentials of sales: There is no file \S+key\.pem, nor \S+tls\.key\.$/)
  expect(mistakes[1]).toMatch(/authorities\.pem, nor/)
})

test("what is wrong with a pair is said at the start, all at once", async () => {
  const [sales, other, crm] = await Promise.all([pairOf("sales"), pairOf("sales"), pairOf("crm")])
  expect(await mistakesOf({ ...own(sales), "key.pem": other.key })).toEqual([
    "Credentials of sales: The key is not that of the certificate.",
  ])
  expect(await mistakesOf(own(crm))).toEqual([
    "Credentials of sales: The certificate is for URI:spiffe://archipel/crm, DNS:crm.archipel.internal, DNS:localhost, where spiffe://archipel/sales alone is needed.",
    "Credentials of sales: The certificate lacks the DNS name sales.archipel.internal.",
  ])
  expect(await mistakesOf({ "key.pem": "x", "certificate.pem": "y", "authorities.pem": "z" })).toEqual([
    "Credentials of sales: The key is not a private key in PEM, without a passphrase.",
    "Credentials of sales: The certificate is not a certificate in PEM.",
    "Credentials of sales: The authorities are not certificates in PEM.",
  ])
  const stranger = await createAuthority(TRUST_DOMAIN, new Date())
  expect(await mistakesOf({ ...own(sales), "authorities.pem": stranger.certificate })).toEqual([
    "Credentials of sales: The certificate does not lead to an authority that is believed.",
  ])
})

test("a certificate that has expired, or is not valid yet, is refused at the start", async () => {
  const pair = await pairOf("sales")
  const [late] = await mistakesOf(own(pair), new Date(Date.now() + 25 * 3_600_000))
  expect(late).toMatch(/The certificate has expired/)
  const [early] = await mistakesOf(own(pair), new Date(Date.now() - 3_600_000))
  expect(early).toMatch(/The certificate is not valid before/)
})

test("a pair that is written while the program runs is taken up, and whoever listens gets it", async () => {
  const [first, second] = await Promise.all([pairOf("sales"), pairOf("sales")])
  const directory = await directoryWith(own(first))
  using credentials = await opened({ directory })
  const heard: KeyPair[] = []
  const stop = credentials.onChange((pair) => heard.push(pair))
  for (const [name, text] of Object.entries(own(second))) await writeFile(join(directory, name), text)
  await vi.waitFor(() => expect(credentials.current()).toEqual(second), waitOptions)
  expect(heard).toEqual([second])
  stop()
})

test("a mount whose links are swapped is seen, as Kubernetes does it", async () => {
  const [first, second] = await Promise.all([pairOf("sales"), pairOf("sales")])
  const [old, young] = [await directoryWith(own(first)), await directoryWith(own(second))]
  const mount = await directoryWith({})
  await symlink(old, join(mount, "..data"))
  for (const name of Object.keys(own(first))) await symlink(join("..data", name), join(mount, name))
  using credentials = await opened({ directory: mount })
  await symlink(young, join(mount, "..data_tmp"))
  await rename(join(mount, "..data_tmp"), join(mount, "..data"))
  await vi.waitFor(() => expect(credentials.current()).toEqual(second), waitOptions)
})

test("files that are half written leave the old pair in use until they are whole, and the log says why, once", async () => {
  const [first, second] = await Promise.all([pairOf("sales"), pairOf("sales")])
  const directory = await directoryWith(own(first))
  const said: string[] = []
  const log = { ...noLog, info: (message: string, about = {}) => said.push(`${message} ${JSON.stringify(about)}`) }
  using credentials = await opened({ directory }, { log })
  let changes = 0
  credentials.onChange(() => changes++)
  // The new key without its certificate, then the certificate cut off in its middle, then no file for a moment.
  await writeFile(join(directory, "key.pem"), second.key)
  await vi.waitFor(() => expect(said.join()).toContain("The key is not that of the certificate."), waitOptions)
  await writeFile(join(directory, "certificate.pem"), second.certificate.slice(0, 300))
  await vi.waitFor(() => expect(said.join()).toContain("The certificate is not a certificate in PEM."), waitOptions)
  await rm(join(directory, "certificate.pem"))
  await vi.waitFor(() => expect(said.join()).toContain("There is no file"), waitOptions)
  expect(credentials.current()).toEqual(first)
  expect(changes).toBe(0)
  expect(new Set(said).size).toBe(said.length)
  await writeFile(join(directory, "certificate.pem"), second.certificate)
  await vi.waitFor(() => expect(credentials.current()).toEqual(second), waitOptions)
  expect(changes).toBe(1)
})

test("a pair of another service that is put into the files is not taken up", async () => {
  const [first, crm] = await Promise.all([pairOf("sales"), pairOf("crm")])
  const directory = await directoryWith(own(first))
  const said: string[] = []
  const log = { ...noLog, info: (message: string, about = {}) => said.push(`${message} ${JSON.stringify(about)}`) }
  using credentials = await opened({ directory }, { log })
  for (const [name, text] of Object.entries(own(crm))) await writeFile(join(directory, name), text)
  await vi.waitFor(() => expect(said.join()).toContain("where spiffe://archipel/sales alone is needed"), waitOptions)
  expect(credentials.current()).toEqual(first)
})
