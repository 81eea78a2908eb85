/**
 * The company with its login, its gateway and the admin, and a browser in it.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { services } from "../../examples/company/services.ts"
import { complaints, launch } from "../support/real-browser.ts"
import { noLog } from "../../packages/server/src/log.ts"
import { type Ask, asksOf } from "../support/asking.ts"
import { type CompanyDatabases, companyDatabases, type CompanyService, seedCompany } from "../support/company.ts"
import { testDatabase } from "../support/database.ts"
import { type SeverableWay, severableWay } from "../support/severable.ts"
import { openProgram } from "../support/topology.ts"
import { logIn, type Person } from "./log-in.ts"

export type { Person } from "./log-in.ts"

/** How pages are looked at: on a desk, a tablet and a telephone. */
export const looks = [1360, 768, 390].flatMap((width) =>
  (["light", "dark"] as const).map((scheme) => ({ width, scheme })),
)

/** A page of somebody who is logged in, and what it said against itself. */
export interface Visit {
  readonly page: Page
  readonly context: BrowserContext
  readonly wrong: readonly string[]
}

/** Requests of a page that leave the program's origin: there is no reason for any. */
function requestsElsewhere(page: Page, url: string): readonly string[] {
  const elsewhere: string[] = []
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith("http") && origin !== url) elsewhere.push(`asked ${request.url()}`)
  })
  return elsewhere
}

/** Opens an address of the admin as somebody; the first time through the login. */
export type VisitAs = (as: Person, path: string, options?: Parameters<Browser["newContext"]>[0]) => Promise<Visit>

/** Visits of a program that is reached there. */
export function visitsOf(browser: Browser, url: string): VisitAs {
  /** Cookies of who has logged in, so that it is done once. */
  const sessions = new Map<Person, Awaited<ReturnType<BrowserContext["storageState"]>>>()
  return async (as, path, options = {}) => {
    const known = sessions.get(as)
    const context = await browser.newContext({
      locale: "en-GB",
      viewport: { width: 1360, height: 800 },
      ...(known ? { storageState: known } : {}),
      ...options,
    })
    const page = await context.newPage()
    const wrong = [complaints(page), requestsElsewhere(page, url)]
    await page.goto(url + path)
    if (known === undefined) {
      await logIn(page, as)
      sessions.set(as, await context.storageState())
    }
    return {
      page,
      context,
      get wrong() {
        return wrong.flat()
      },
    }
  }
}

export interface AdminProgram extends AsyncDisposable {
  readonly url: string
  readonly ask: Ask
  readonly databases: CompanyDatabases
  /** To the database of the service that was asked for. */
  readonly way: SeverableWay | undefined
  readonly visit: VisitAs
}

interface AdminOptions {
  /** Beside the databases. */
  readonly env?: Readonly<Record<string, string>>
  /** The service whose way to its database can be cut. */
  readonly severable?: CompanyService
}

export async function adminProgram(
  executablePath: string,
  { env = {}, severable }: AdminOptions = {},
): Promise<AdminProgram> {
  const databases = await companyDatabases()
  const gateway = await testDatabase("company_gateway")
  const way = severable && (await severableWay(databases.of[severable].url))
  const dataDirectory = await mkdtemp(join(tmpdir(), "archipel-admin-"))
  const program = await openProgram([identityService(), gatewayService(), ...services], {
    port: 0,
    host: "127.0.0.1",
    dataDirectory,
    env: {
      ...databases.env,
      DATABASE_URL_GATEWAY: gateway.url,
      ...(way && severable ? { [`DATABASE_URL_${severable.toUpperCase()}`]: way.url } : {}),
      ...env,
    },
    log: noLog,
  })
  const { url } = program
  const ask = asksOf(url)
  await seedCompany(ask)
  await program.open.mirrorsCaughtUp()
  const browser = await launch(executablePath)
  return {
    url,
    ask,
    databases,
    way,
    visit: visitsOf(browser, url),
    async [Symbol.asyncDispose]() {
      await browser.close()
      await program.close()
      await way?.[Symbol.asyncDispose]()
      await databases[Symbol.asyncDispose]()
      await gateway.drop()
      await rm(dataDirectory, { recursive: true, force: true })
    },
  }
}
