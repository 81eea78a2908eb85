/**
 * The company twice, with the same records: as one process, and with every service apart.
 *
 * @module
 */
import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { identityService } from "@archipel/identity"
import { createLog, type Log, open, type Program } from "@archipel/server"
import { services as companyServices } from "../../examples/company/services.ts"
import { noLog } from "../../packages/server/src/log.ts"
import { type Ask, asksOf } from "../support/asking.ts"
import { companyDatabases, created, seedCompany, users } from "../support/company.ts"
import { openIslands } from "../support/islands.ts"

const services = [identityService(), ...companyServices]

export interface CompaniesInBothTopologies extends AsyncDisposable {
  readonly together: Program
  readonly apart: Program
  /** What services asked each other since the last time, as "crm.Customer query", sorted; without mirrors. */
  taken(): string[]
}

/** Lines of a log, kept. */
function kept(): { readonly log: Log; readonly lines: string[] } {
  const lines: string[] = []
  return { lines, log: createLog({ destination: { write: (line) => void lines.push(line) } }) }
}

/** Sells products, but sees neither customers nor people. */
const ofOscar = ["sales.user", "catalog.user"]

/** Fills the company with the records of `seedCompany`, and gives oscar his roles. */
async function seed(ask: Ask): Promise<void> {
  await seedCompany(ask)
  const assignments = ofOscar.map((role) => ({ role }))
  await created(ask, "/api/identity/groups", { name: "Sellers", members: [users.oscar], assignments })
}

export async function openCompanies(): Promise<CompaniesInBothTopologies> {
  await using stack = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), "archipel-topology-"))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  const original = stack.use(await companyDatabases())
  const options = (name: string, env: Readonly<Record<string, string>>) => ({
    port: 0,
    host: "127.0.0.1",
    dataDirectory: join(directory, name),
    env,
  })
  {
    await using filling = await open(services, { ...options("together", original.env), log: noLog })
    await seed(asksOf(filling.url))
  }
  const copy = stack.use(await companyDatabases(original))
  await cp(join(directory, "together"), join(directory, "apart"), { recursive: true })
  const { log, lines } = kept()
  const together = stack.use(await open(services, { ...options("together", original.env), log: noLog }))
  const apart = stack.use(await openIslands(services, { ...options("apart", copy.env), log }))
  const opened = stack.move()
  return {
    together,
    apart,
    taken: () =>
      lines
        .splice(0)
        .map((line) => JSON.parse(line) as { readonly method?: string; readonly route?: string })
        .flatMap(({ method, route = "" }) => (method === "CALL" ? [route.slice(route.indexOf(" ") + 1)] : []))
        // Mirrors ask by themselves.
        .filter((call) => call !== "mirror")
        .sort(),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}
