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
      const variable = `DATABASE_URL_${snakeCase(service).toUpperCase()}`
      const original = base === "postgres" ? snakeCase(service) : `${base}_${snakeCase(service)}`
      // Anything that is not copied would be changed for good.
      if (process.env[variable] || !(await server.names(original)).includes(original))
        throw new Failure(
          `The data of ${service} is not in a database of its own on that server: it cannot be copied.`,
          {
            hint: `A sandbox needs DATABASE_URL with a user who may create databases, and no ${variable}.`,
          },
        )
      const copy = `sandbox_${snakeCase(service).slice(0, 30)}_${suffix}`
      made.push(copy)
      await server.copy(original, copy, { disconnect })
      env[variable] = server.url(copy)
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
