/**
 * One owner for one directory, also after the owner was killed and its process id given to another program.
 *
 * @module
 */
import { randomUUID } from "node:crypto"
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ArchipelError } from "@archipel/core"
import { processIdentity } from "./process-identity.ts"

const LOCK_FILE = "lock.json"
/** Each round means that another process took or left the lock at that instant; more than a few are no coincidence. */
const MAX_ROUNDS = 20

interface Owner {
  readonly pid: number
  readonly identity: string
  /** Different at every acquisition, so that a lock judged stale is not mistaken for its successor. */
  readonly nonce: string
}

/** A lock that is held. */
export interface DirectoryLock {
  /** Gives the directory back. Does nothing the second time, or if the lock is no longer this one. */
  release(): void
}

/**
 * Makes this process the only owner of `directory`, which must exist. A lock whose owner no longer runs is taken over.
 *
 * @throws `postgres.directory_in_use` — a living process, possibly this one, owns it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const path = join(directory, LOCK_FILE)
  const nonce = randomUUID()
  const mine: Owner = { pid: process.pid, identity: processIdentity(process.pid) ?? "", nonce }
  const draft = `${path}.${nonce}`
  writeFileSync(draft, JSON.stringify(mine), { mode: 0o600, flag: "wx" })
  try {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (tryLink(draft, path)) return { release: () => release(path, nonce) }
      const owner = readOwner(path)
      if (owner === undefined) continue
      if (owner !== "unreadable" && processIdentity(owner.pid) === owner.identity) {
        throw new ArchipelError("postgres.directory_in_use", { directory, pid: owner.pid })
      }
      removeStale(path, owner === "unreadable" ? undefined : owner.nonce)
    }
    throw new ArchipelError("postgres.start_failed", { directory, reason: "its lock changes hands without end" })
  } finally {
    rmSync(draft, { force: true })
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false
    throw error
  }
}

function readOwner(path: string): Owner | "unreadable" | undefined {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
  try {
    const owner = JSON.parse(text) as Partial<Owner>
    if (typeof owner.pid === "number" && typeof owner.identity === "string" && typeof owner.nonce === "string") {
      return owner as Owner
    }
  } catch {
    // Linked in whole, the file is only ever incomplete after a power failure; nobody of before that can be alive.
  }
  return "unreadable"
}

/** Renaming is what only one of several claimants can do; whoever finds a successor's lock in its hand puts it back. */
function removeStale(path: string, staleNonce: string | undefined): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return
    throw error
  }
  const taken = readOwner(aside)
  const isTheStaleOne = typeof taken === "object" ? taken.nonce === staleNonce : staleNonce === undefined
  if (!isTheStaleOne) tryLink(aside, path)
  rmSync(aside, { force: true })
}

function release(path: string, nonce: string): void {
  const owner = readOwner(path)
  if (typeof owner === "object" && owner.nonce === nonce) rmSync(path, { force: true })
}
