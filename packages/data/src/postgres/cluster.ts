/**
 * A database cluster on disk: where it lies, how it is made, and what it was started with.
 *
 * @module
 */
import { spawn } from "node:child_process"
import { randomBytes, randomUUID } from "node:crypto"
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { ArchipelError } from "@archipel/core"
import { mustSwitchUser, type PostgresPrograms, SERVER_UID } from "./binaries.ts"

/** The superuser of every embedded cluster. */
export const SUPERUSER = "postgres"
const INITDB_DEADLINE_MS = 120_000

export interface Cluster {
  /** PostgreSQL's own data directory. */
  readonly data: string
  readonly password: string
}

/** How this process runs PostgreSQL's programs: under the server's own user if this one is root. */
export const serverProcess = (): { uid?: number; gid?: number; cwd: string } =>
  mustSwitchUser() ? { uid: SERVER_UID, gid: SERVER_UID, cwd: "/" } : { cwd: process.cwd() }

/**
 * The cluster that belongs to `directory`, made if there is none.
 *
 * It lies in `directory/data`, except where the server's own user cannot get there (root's home): then in a directory of
 * its own under `/var/lib/archipel`, which `directory/cluster.json` names. The superuser's password is random and kept in
 * a file that only this user can read. A cluster appears whole or not at all, also when this process is killed meanwhile.
 * The caller holds the lock of `directory`.
 */
export async function openCluster(directory: string, programs: PostgresPrograms, durable: boolean): Promise<Cluster> {
  const known = readCluster(directory)
  if (known !== undefined) return known
  const data = placeFor(directory)
  const password = randomBytes(32).toString("base64url")
  const draft = `${data}.${randomUUID()}`
  const passwordFile = `${draft}.password`
  try {
    mkdirSync(draft, { mode: 0o700 })
    writeFileSync(passwordFile, password, { mode: 0o600, flag: "wx" })
    if (mustSwitchUser()) for (const path of [draft, passwordFile]) chownSync(path, SERVER_UID, SERVER_UID)
    await runInitdb(programs.initdb, draft, passwordFile, durable)
    // The password first: a cluster without its password would be lost, a password without its cluster is harmless.
    writeWhole(join(directory, PASSWORD_FILE), password)
    renameSync(draft, data)
    writeWhole(join(directory, LOCATION_FILE), JSON.stringify({ data }))
  } finally {
    rmSync(draft, { recursive: true, force: true })
    rmSync(passwordFile, { force: true })
  }
  return { data, password }
}

const PASSWORD_FILE = "password"
const LOCATION_FILE = "cluster.json"

/** The cluster of `directory`, or `undefined` if none was finished there. */
export function readCluster(directory: string): Cluster | undefined {
  const password = readIfThere(join(directory, PASSWORD_FILE))
  if (password === undefined) return undefined
  const location = readIfThere(join(directory, LOCATION_FILE))
  const beside = join(directory, "data")
  const named = location === undefined ? beside : (JSON.parse(location) as { data: string }).data
  // A directory that was moved takes the cluster inside it along.
  const data = dirname(named) === directory || !existsSync(named) ? beside : named
  return existsSync(join(data, "PG_VERSION")) ? { data, password } : undefined
}

function placeFor(directory: string): string {
  if (!mustSwitchUser() || canBeReachedByServer(directory)) return join(directory, "data")
  const shared = "/var/lib/archipel"
  mkdirSync(shared, { recursive: true, mode: 0o755 })
  return join(shared, randomUUID())
}

function canBeReachedByServer(directory: string): boolean {
  for (let path = directory; ; path = dirname(path)) {
    const { mode, uid } = statSync(path)
    if ((mode & 0o001) === 0 && !(uid === SERVER_UID && (mode & 0o100) !== 0)) return false
    if (path === dirname(path)) return true
  }
}

/** Text order is by code point and `lower`/ILIKE know accents: C.UTF-8 of PostgreSQL itself, the same on every system. */
const LOCALE = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]

async function runInitdb(initdb: string, data: string, passwordFile: string, durable: boolean): Promise<void> {
  const args = [
    "-D",
    data,
    "-U",
    SUPERUSER,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--no-instructions",
    ...LOCALE,
  ]
  // Iterations slow down guessing of weak passwords; this one has 256 random bits, and every connection would pay.
  args.push("-c", "scram_iterations=1")
  if (!durable) args.push("--no-sync")
  const child = spawn(initdb, args, {
    ...serverProcess(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: INITDB_DEADLINE_MS,
    windowsHide: true,
  })
  let output = ""
  const collect = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4_000)
  }
  child.stdout.on("data", collect)
  child.stderr.on("data", collect)
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message))
    child.once("close", (code, signal) => resolve(code === 0 ? undefined : `initdb ended with ${code ?? signal}`))
  })
  if (failure !== undefined) {
    const words = output.trim().split("\n").slice(-5).join(" ")
    throw new ArchipelError("postgres.start_failed", {
      directory: data,
      reason: words ? `${failure}: ${words}` : failure,
    })
  }
}

/** Replaces a file so that a reader, or a next start after a kill, sees the old or the new text and nothing between. */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.${randomUUID()}`
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: "wx" })
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

/** Makes `directory` if needed. Root keeps it enterable for the server's own user; the secrets in it are files of mode 0600. */
export function prepareDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: mustSwitchUser() ? 0o711 : 0o700 })
  if (mustSwitchUser()) chmodSync(directory, statSync(directory).mode | 0o001)
}
