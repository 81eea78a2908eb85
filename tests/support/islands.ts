/**
 * A whole program apart, but in the test's own process: each service behind its own port with mutual TLS, with its own database,
 * neighbours, identity and gateway, as its process would have it.
 *
 * @module
 */
import { join } from "node:path"
import { gatewayService } from "@archipel/gateway"
import { identityService } from "@archipel/identity"
import type { OpenServices, Program, Service, ServiceRuntime, StartOptions } from "@archipel/server"
import { type Island, openIsland } from "../../packages/server/src/apart/island.ts"
import { neighboursFile } from "../../packages/server/src/apart/neighbours-file.ts"
import { addressesFromFile } from "../../packages/server/src/between/addresses.ts"
import { fileCredentials } from "../../packages/server/src/between/trust/credential-files.ts"
import { openDevelopmentAuthority } from "../../packages/server/src/between/trust/development-authority.ts"
import { dbOf } from "../../packages/server/src/db-of.ts"
import { freePort } from "../../packages/server/src/free-port.ts"
import { noLog } from "../../packages/server/src/log.ts"
import { testDatabase } from "./database.ts"

const GATEWAY = "gateway"
const TRUST_DOMAIN = "archipel"
/** Where services listen for each other. */
const HOST = "127.0.0.1"

/** Of a program that needs both: whom nobody logs in to cannot be asked apart. */
const withLogin = (services: readonly Service[]): readonly Service[] => [
  ...(services.some(({ name }) => name === "identity") ? [] : [identityService()]),
  ...(services.some(({ name }) => name === GATEWAY) ? [] : [gatewayService()]),
  ...services,
]

/** As `open` of the server package, with every service on an island of its own. */
export async function openIslands(given: readonly Service[], options: StartOptions): Promise<Program> {
  const services = withLogin(given)
  const stack = new AsyncDisposableStack()
  const { dataDirectory = ".data", log = noLog } = options
  try {
    const env: Record<string, string | undefined> = { ...options.env }
    for (const { name } of services) {
      const setting = `DATABASE_URL_${name.toUpperCase()}`
      if (env[setting] !== undefined || env["DATABASE_URL"] !== undefined) continue
      const database = await testDatabase(`islands_${name}`)
      stack.defer(() => database.drop())
      env[setting] = database.url
    }
    const { host = HOST } = options
    const port = await freePort(options.port ?? 0, host)
    const url = `http://${host}:${port}`
    env["ARCHIPEL_URL"] ??= url
    const authority = await openDevelopmentAuthority({
      directory: join(dataDirectory, "authority"),
      trustDomain: TRUST_DOMAIN,
      isDevelopment: true,
      log,
    })
    const places = neighboursFile(join(dataDirectory, "fleet", "neighbours.json"))
    const islands = new Map<string, Island>()
    const openOne = async (service: Service): Promise<void> => {
      const { name } = service
      await authority.issueFor([name])
      const directory = authority.directoryOf(name)
      const credentials = await fileCredentials({ service: name, trustDomain: TRUST_DOMAIN, files: { directory }, log })
      stack.defer(() => credentials.close())
      const addresses = addressesFromFile(places.path, log)
      stack.defer(() => addresses.close())
      const island = await openIsland({
        service,
        program: services,
        credentials,
        addresses,
        listen: { host: HOST, port: 0 },
        ...(name === GATEWAY ? { open: { host, port } } : {}),
        url,
        mayCall: () => true,
        dataDirectory,
        env,
        log,
        ...(options.now ? { now: options.now } : {}),
        ...(options.http ? { http: options.http } : {}),
      })
      islands.set(name, island)
      await places.place(name, 0, island.address)
    }
    // Whoever is asked is there before whoever asks, so that nothing has to be waited for.
    for (const service of services.filter(({ name }) => name !== GATEWAY)) await openOne(service)
    for (const service of services.filter(({ name }) => name === GATEWAY)) await openOne(service)

    const close = async (): Promise<void> => {
      for (const island of [...islands.values()].reverse()) await island.close()
      await stack.disposeAsync()
    }
    return { url, welcome: [], open: joined(islands), close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** What tests look at behind the gate, of all islands. */
function joined(islands: ReadonlyMap<string, Island>): OpenServices {
  const all = [...islands.values()].map(({ running }) => running)
  const services = new Map<string, ServiceRuntime>(all.flatMap((each) => [...each.services]))
  const first = all[0] as OpenServices
  return {
    catalog: first.catalog,
    services,
    databases: new Map(all.flatMap(({ databases }) => [...databases])),
    databaseOf: (service) => (islands.get(service)?.running ?? first).databaseOf(service),
    async mirrorsCaughtUp() {
      await Promise.all(all.map((each) => each.mirrorsCaughtUp()))
    },
    isNew: all.every(({ isNew }) => isNew),
    as: dbOf(services, services),
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}
