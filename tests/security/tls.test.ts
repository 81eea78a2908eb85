import { execFile } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, expect } from "vitest"
import { serverNameOf } from "../../packages/server/src/between/trust/workload.ts"
import { credentialsOf, pairOf, talking } from "../../packages/server/test/between/fleet.ts"
import { optionalProgram } from "../support/optional.ts"

const DEADLINE_MS = 50_000
const folder = mkdtempSync(join(tmpdir(), "archipel-sslscan-"))
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What sslscan says of a port to one of its peers, as XML. */
async function scanned(program: string, port: number): Promise<string> {
  const { key, certificate } = await pairOf("crm")
  const file = (name: string): string => join(folder, name)
  await writeFile(file("key.pem"), key, { mode: 0o600 })
  await writeFile(file("certificate.pem"), certificate)
  const peer = [`--pk=${file("key.pem")}`, `--certs=${file("certificate.pem")}`]
  const target = [`--sni-name=${serverNameOf("sales")}`, `127.0.0.1:${port}`]
  await promisify(execFile)(program, [`--xml=${file("found.xml")}`, ...peer, ...target], { timeout: DEADLINE_MS })
  return readFile(file("found.xml"), "utf8")
}

/** The attributes of each element of one name. */
const elements = (xml: string, name: string): readonly Readonly<Record<string, string>>[] =>
  [...xml.matchAll(new RegExp(`<${name} ([^>]*?)/?>`, "g"))].map(([, attributes = ""]) =>
    Object.fromEntries([...attributes.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, value])),
  )

optionalProgram("sslscan").test(
  "sslscan finds TLS 1.3 alone at the port for other services, with its three strong ciphers, and nothing to object to",
  async (program) => {
    await using sales = await talking(await credentialsOf("sales"))
    const found = await scanned(program, sales.port)
    const protocols = elements(found, "protocol")
    expect(protocols.map(({ type, version }) => `${type} ${version}`)).toEqual([
      "ssl 2",
      "ssl 3",
      "tls 1.0",
      "tls 1.1",
      "tls 1.2",
      "tls 1.3",
    ])
    expect(protocols.filter(({ enabled }) => enabled !== "0")).toEqual([{ type: "tls", version: "1.3", enabled: "1" }])
    const ciphers = elements(found, "cipher")
    expect(ciphers.map(({ cipher }) => cipher).toSorted()).toEqual([
      "TLS_AES_128_GCM_SHA256",
      "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256",
    ])
    expect(new Set(ciphers.map(({ sslversion }) => sslversion))).toEqual(new Set(["TLSv1.3"]))
    const weak = [...ciphers, ...elements(found, "group")].filter(({ bits }) => Number(bits) < 112)
    expect(weak).toEqual([])
    expect(elements(found, "renegotiation").map(({ supported }) => supported)).toEqual(["0"])
    expect(elements(found, "heartbleed").every(({ vulnerable }) => vulnerable === "0")).toBe(true)
    expect(found).toContain("URI:spiffe://archipel/sales, DNS:sales.archipel.internal")
    expect(found).toContain("<self-signed>false</self-signed>")
    expect(found).toContain("<expired>false</expired>")
  },
)
