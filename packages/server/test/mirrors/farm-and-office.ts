/**
 * A service with records, and one that keeps some of their fields.
 *
 * @module
 */
import { contract, date, decimal, integer, json, logic, mirror, model, one, type Principal, text } from "@archipel/core"
import { service } from "@archipel/server"
import { openDatabase, type Database } from "@archipel/data"
import { testDatabase } from "../../../../tests/support/database.ts"
import { openServices, type OpenOptions, type OpenServices } from "../../src/open-services.ts"
import { developmentIdentity } from "../../src/auth/development-identity.ts"
import type { Service } from "../../src/service.ts"

export const farm = contract("farm", {
  roles: ["user"],
  models: {
    Region: model({ name: text() }),
    Country: model({ name: text(), code: text({ maxLength: 2 }), region: one("farm.Region").optional() }),
    Customer: model(
      {
        name: text(),
        rating: integer().optional(),
        credit: decimal({ scale: 3 }).optional(),
        since: date().optional(),
        tags: json().optional(),
        secret: text().optional(),
        country: one("farm.Country", { onDelete: "clear" }).optional(),
        parent: one("farm.Customer", { onDelete: "clear" }).optional(),
      },
      { archive: true },
    ),
  },
})
export const office = contract("office", {
  roles: ["clerk", "names", "french", "boss"],
  models: {
    Order: model({ number: integer().unique(), customer: one("farm.Customer").optional(), note: text().optional() }),
  },
})

export const customers = mirror("farm.Customer", [
  "name",
  "rating",
  "credit",
  "since",
  "tags",
  "country.code",
  "country.region.name",
  "parent.name",
])
  .grant("office.clerk", "all")
  .grant("office.boss", "all")
  .grant("office.names", "all", { fields: ["name"] })

declare module "@archipel/core" {
  interface Contracts {
    farm: typeof farm
    office: typeof office
  }
  interface Mirrors {
    office: typeof customers
  }
}

export const farmService: Service = service("farm", {
  logic: [
    logic("farm.Region").grant("farm.user", "all", "all"),
    logic("farm.Country").grant("farm.user", "all", "all"),
    logic("farm.Customer").grant("farm.user", "all", "all", { fields: { except: ["secret"] } }),
  ],
})
export const orders = logic("office.Order")
  .grant("office.clerk", "all", "all")
  .grant("office.boss", "all", "all")
  .grant("office.names", ["read"], "all")
  .grant("office.french", ["read", "update"], { customer: { country: { code: "FR" } } })

export const officeService: Service = service("office", { logic: [orders], mirrors: [customers] })

export const who = (...roles: string[]): Principal => ({
  kind: "user",
  id: "00000000-0000-7000-8000-00000000000a",
  roles,
  claims: {},
  timeZone: "UTC",
})
export const context = { traceId: "0".repeat(32) }

/** Databases of their own for both, and services on them as often as a test opens some. */
export interface Grounds extends AsyncDisposable {
  readonly farm: Database
  readonly office: Database
  open(services?: readonly Service[], options?: Partial<OpenOptions>): Promise<OpenServices>
}

export async function grounds(): Promise<Grounds> {
  const stack = new AsyncDisposableStack()
  const places = new Map<string, string>()
  for (const name of ["farm", "office", "identity"])
    places.set(name, stack.use(await testDatabase(`mirror_${name}`)).url)
  const look = (name: string): Database =>
    stack.use(openDatabase({ connectionString: places.get(name) as string, sharedConnections: 1 }))
  const env = Object.fromEntries([...places].map(([name, url]) => [`DATABASE_URL_${name.toUpperCase()}`, url]))
  return {
    farm: look("farm"),
    office: look("office"),
    async open(services = [farmService, officeService], options = {}) {
      const running = await openServices({
        services: [developmentIdentity, ...services],
        dataDirectory: "/nonexistent",
        env: { ...env, ARCHIPEL_MIRROR_POLL_MS: "50" },
        ...options,
      })
      return stack.use(running)
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** What the owner has, and what is kept of it: the same, when it has settled. */
export async function bothSides({ farm: owner, office: keeper }: Grounds): Promise<readonly [unknown, unknown]> {
  const rows = async (on: Database, table: string, columns: string): Promise<unknown> =>
    JSON.parse(
      (await on.text({
        text: `select coalesce(json_agg(t order by id), '[]')::text from (select ${columns} from ${table}) t`,
      })) ?? "[]",
    )
  const columns = {
    customers: "id, name, rating, credit, since, tags, country_id, parent_id",
    countries: "id, code, region_id",
    regions: "id, name",
  }
  const side = (on: Database, prefix: string) =>
    Promise.all(Object.entries(columns).map(([table, some]) => rows(on, prefix + table, some)))
  return Promise.all([side(owner, ""), side(keeper, "mirror_farm_")])
}
