/**
 * The key and certificate of a service from files, as cert-manager, SPIFFE helpers and our own authority write them.
 *
 * @module
 */
import { ArchipelError } from "@archipel/core"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Log } from "../../log.ts"
import { holdCredentials } from "./held-credentials.ts"
import { pairMistakes } from "./pair-mistakes.ts"
import type { KeyPair, WorkloadCredentials } from "./workload.ts"

/** How often files are looked at: mounted secrets are swapped by links, of which a watcher does not always hear. */
export const POLL_MS = 5_000

/** Paths of PEM files. */
export interface CredentialFiles {
  readonly keyFile: string
  readonly certificateFile: string
  readonly authoritiesFile: string
}

export interface FileCredentialsOptions {
  readonly service: string
  readonly trustDomain: string
  /** Or a directory with key.pem, certificate.pem and authorities.pem, or with tls.key, tls.crt and ca.crt. */
  readonly files: CredentialFiles | { readonly directory: string }
  readonly log: Log
  readonly now?: () => Date
  /** `POLL_MS` when left out. */
  readonly pollMs?: number
}

const parts = ["key", "certificate", "authorities"] as const
type Part = (typeof parts)[number]

/** What one file holds, or why not. */
type Content = { readonly text: string } | { readonly mistake: string }

/** For each part the paths where it may lie; the first that is there counts. */
function pathsOf(files: FileCredentialsOptions["files"]): Readonly<Record<Part, readonly string[]>> {
  if (!("directory" in files)) {
    return { key: [files.keyFile], certificate: [files.certificateFile], authorities: [files.authoritiesFile] }
  }
  const among = (...names: readonly string[]): readonly string[] => names.map((name) => join(files.directory, name))
  return {
    key: among("key.pem", "tls.key"),
    certificate: among("certificate.pem", "tls.crt"),
    authorities: among("authorities.pem", "ca.crt"),
  }
}

async function contentOf(paths: readonly string[]): Promise<Content> {
  for (const path of paths) {
    try {
      return { text: await readFile(path, "utf8") }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== "ENOENT") return { mistake: `${path} cannot be read (${code ?? "unknown"}).` }
    }
  }
  return { mistake: `There is no file ${paths.join(", nor ")}.` }
}

/** What the files say now: a pair that others will believe, or all that is wrong. */
type Reading = { readonly pair: KeyPair } | { readonly mistakes: readonly string[] }

async function read({ files, service, trustDomain, now = () => new Date() }: FileCredentialsOptions): Promise<Reading> {
  const paths = pathsOf(files)
  const contents = await Promise.all(parts.map((part) => contentOf(paths[part])))
  const unread = contents.flatMap((content) => ("mistake" in content ? [content.mistake] : []))
  if (unread.length > 0) return { mistakes: unread }
  const [key = "", certificate = "", authorities = ""] = contents.map((content) =>
    "text" in content ? content.text : "",
  )
  const pair = { key, certificate, authorities }
  const mistakes = pairMistakes(pair, { service, trustDomain, now: now() })
  return mistakes.length > 0 ? { mistakes } : { pair }
}

const isSame = (one: KeyPair, other: KeyPair): boolean => parts.every((part) => one[part] === other[part])

/**
 * A pair from files, and each newer one that is written to them while the program runs. What does not fit, such as a file that is
 * half written or a key without its certificate, is said in the log, and the last good pair stays.
 *
 * @throws `program.misconfigured` with all mistakes, where the files do not make a pair at the start
 */
export async function fileCredentials(options: FileCredentialsOptions): Promise<WorkloadCredentials> {
  const { service, trustDomain, log, pollMs = POLL_MS } = options
  const first = await read(options)
  if ("mistakes" in first) {
    throw new ArchipelError("program.misconfigured", {
      mistakes: first.mistakes.map((mistake) => `Credentials of ${service}: ${mistake}`),
    })
  }
  let said = ""
  let isReading = false
  const look = async (): Promise<void> => {
    const reading = await read(options)
    const about = "mistakes" in reading ? reading.mistakes.join(" ") : ""
    if (about !== "" && about !== said) log.info("new credentials do not fit, the old ones stay", { service, about })
    said = about
    if ("pair" in reading && !isSame(reading.pair, credentials.current())) {
      credentials.replace(reading.pair)
      log.info("new credentials are in use", { service })
    }
  }
  const polling = setInterval(() => {
    if (isReading) return
    isReading = true
    look()
      .catch((error: unknown) => log.error("credentials could not be looked at", error, { service }))
      .finally(() => {
        isReading = false
      })
  }, pollMs).unref()
  const credentials = holdCredentials({ service, trustDomain, pair: first.pair, close: () => clearInterval(polling) })
  return credentials
}
