import { randomBytes } from "node:crypto"
import { ArchipelError, snakeCase } from "@archipel/core"
import { openDatabaseServer } from "@archipel/data"
import { Failure } from "../failure.ts"

/** Copies of services' databases, which are dropped in the end. */
export interface Sandbox extends AsyncDisposable {
  /** `DATABASE_URL_<SERVICE>` of each copy. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Copies the databases that the services have on a server. Whatever is done then, transactions and actions too, is real
 * and ends with the copies.
 *
 * @param disconnect Whether others' connections may be ended for a moment: yes for a development server.
 */
export async function openSandbox(address: string, services: readonly string[], disconnect: boolean): Promise<Sandbox> {
  const server = await openDatabaseServer(address)
  const base = decodeURIComponent(new URL(address).pathname.slice(1)) || "postgres"
  const made: string[] = []
  const close = async (): Promise<void> => {
    for (const name of made) await server.drop(name)
    await server.close()
  }
  const suffix = randomBytes(6).toString("hex")
  try {
    const env: Record<string, string> = {}
    for (const service of services) {
      const original = base === "postgres" ? snakeCase(service) : `${base}_${snakeCase(service)}`
      if (!(await server.names(original)).includes(original)) continue
      const copy = `sandbox_${snakeCase(service).slice(0, 30)}_${suffix}`
      made.push(copy)
      await server.copy(original, copy, { disconnect })
      env[`DATABASE_URL_${snakeCase(service).toUpperCase()}`] = server.url(copy)
    }
    return { env, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    if (error instanceof ArchipelError && error.code === "database.busy")
      throw new Failure("The databases are in use, so they cannot be copied for a sandbox.", {
        hint: "Stop the program that uses them, or try again when it is quiet.",
        cause: error,
      })
    throw error
  }
}
