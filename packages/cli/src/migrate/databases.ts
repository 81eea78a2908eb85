import { resolve } from "node:path"
import { type Database, type DatabaseOptions, openDatabase, resolveDatabases } from "@archipel/data"
import type { Arguments } from "../command.ts"
import { runningDatabase } from "../dev/running-program.ts"

/** The database of one service, open. */
export interface ServiceDatabase {
  readonly target: DatabaseOptions
  readonly database: Database
}

export interface Databases extends AsyncDisposable {
  of(service: string): ServiceDatabase
}

/** Whether the environment or a running `archipel dev` names a database. */
export const isDatabaseNamed = (given: Arguments): boolean =>
  Object.keys(process.env).some((name) => /^DATABASE_URL(?:_|$)/.test(name) && process.env[name]) ||
  runningDatabase(dataOf(given)) !== undefined

const dataOf = (given: Arguments): string => resolve(given.text("data") ?? ".data")

/**
 * The databases that the program would use: those that `DATABASE_URL…` name, that of a running `archipel dev`, or the embedded one.
 *
 * @throws `database.unavailable`, `database.unsuitable`, `postgres.…`
 */
export async function openDatabases(services: readonly string[], given: Arguments): Promise<Databases> {
  const dataDirectory = dataOf(given)
  const running = process.env["DATABASE_URL"] || runningDatabase(dataDirectory)
  const located = await resolveDatabases({
    services,
    env: running === undefined ? process.env : { ...process.env, DATABASE_URL: running },
    dataDirectory,
    connectDeadlineMs: 10_000,
  })
  const opened = new Map<string, ServiceDatabase>()
  const close = async (): Promise<void> => {
    for (const { database } of opened.values()) await database.close()
    await located.close()
  }
  for (const service of services) {
    const target = located.databases.get(service)
    if (target !== undefined) opened.set(service, { target, database: openDatabase(target) })
  }
  return {
    of(service) {
      const found = opened.get(service)
      if (found === undefined) throw new TypeError(`No database was found for ${service}.`)
      return found
    },
    [Symbol.asyncDispose]: close,
  }
}
