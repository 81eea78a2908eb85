import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/** What `archipel dev` tells other commands of the same directory: where its database server listens. */
interface RunningProgram {
  readonly pid: number
  readonly databaseUrl: string
}

const fileIn = (dataDirectory: string): string => join(dataDirectory, "dev.json")

/** Leaves the note; only this user can read it, since the address contains the password. @returns what takes it away again. */
export function announceProgram(dataDirectory: string, databaseUrl: string): () => void {
  const path = fileIn(dataDirectory)
  mkdirSync(dataDirectory, { recursive: true })
  rmSync(path, { force: true })
  writeFileSync(path, JSON.stringify({ pid: process.pid, databaseUrl } satisfies RunningProgram), { mode: 0o600 })
  return () => rmSync(path, { force: true })
}

/** The database server of the `archipel dev` that runs on this data directory, if one does. */
export function runningDatabase(dataDirectory: string): string | undefined {
  try {
    const { pid, databaseUrl } = JSON.parse(readFileSync(fileIn(dataDirectory), "utf8")) as RunningProgram
    process.kill(pid, 0)
    return databaseUrl
  } catch {
    return undefined
  }
}
