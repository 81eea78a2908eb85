import { join } from "node:path"
import { placeOf } from "../settings/setting.ts"
import type { StartArguments } from "../start-arguments.ts"
import type { ListenAt } from "./island.ts"

/** Where and how one service runs apart, as its environment says. */
export interface IslandSettings {
  /** What keeps the service from running so, a sentence each. */
  readonly mistakes: readonly string[]
  /** `ARCHIPEL_SERVICE` or `--serve`. */
  readonly service: string
  /** `ARCHIPEL_LISTEN`: for other services. Everywhere at port 4443 when left out, in development at a free port of this machine. */
  readonly listen: ListenAt
  /** `ARCHIPEL_OPEN`: for people, where the service is a gateway; what `--host` and `--port` say when left out. */
  readonly open: ListenAt
  /** `ARCHIPEL_HEALTH`: nowhere when left out. */
  readonly health: ListenAt | undefined
  /** `ARCHIPEL_TRUST_DOMAIN`; "archipel" when left out. */
  readonly trustDomain: string
  /** `ARCHIPEL_CERTIFICATES`, a directory; undefined where the development authority gives one. */
  readonly certificates: string | undefined
  /** `ARCHIPEL_AUTHORITY`, the directory of the development authority: `authority` in the data directory when left out. */
  readonly authority: string
  /** `ARCHIPEL_NEIGHBOURS`: "crm=host:port,sales=host:port|host:port". */
  readonly neighbours: string | undefined
  /** `ARCHIPEL_NEIGHBOURS_FILE`, watched; `fleet/neighbours.json` in the data directory when neither is said. */
  readonly neighboursFile: string
  /** `ARCHIPEL_CALLERS`: which services may call; "*" for all of the trust domain, as in development when left out. */
  readonly callers: ReadonlySet<string>
  /** `ARCHIPEL_URL`: where people reach the fleet. */
  readonly url: string
}

/** What is no address to listen at is said where settings are read. */
export function islandSettings(
  service: string,
  args: Pick<StartArguments, "host" | "port" | "dataDirectory">,
  env: Readonly<Record<string, string | undefined>>,
  isDevelopment: boolean,
): IslandSettings {
  const mistakes: string[] = []
  const text = (given: string | undefined): string | undefined => given || undefined
  const place = (given: string | undefined, otherwise: ListenAt): ListenAt => placeOf(given ?? "") ?? otherwise
  const url = text(env["ARCHIPEL_URL"])
  if (url === undefined && !isDevelopment)
    mistakes.push("ARCHIPEL_URL is not set: the address by which people reach the fleet.")
  if (url !== undefined && !URL.canParse(url)) mistakes.push(`ARCHIPEL_URL is "${url}", which is no address.`)
  const certificates = text(env["ARCHIPEL_CERTIFICATES"])
  if (certificates === undefined && !isDevelopment)
    mistakes.push("ARCHIPEL_CERTIFICATES is not set: the directory with this service's key and certificate.")
  const callers = text(env["ARCHIPEL_CALLERS"]) ?? (isDevelopment ? "*" : "gateway,identity")
  return {
    mistakes,
    service,
    listen: place(
      env["ARCHIPEL_LISTEN"],
      isDevelopment ? { host: "127.0.0.1", port: 0 } : { host: "0.0.0.0", port: 4_443 },
    ),
    open: place(env["ARCHIPEL_OPEN"], args),
    health: text(env["ARCHIPEL_HEALTH"]) === undefined ? undefined : place(env["ARCHIPEL_HEALTH"], args),
    trustDomain: text(env["ARCHIPEL_TRUST_DOMAIN"]) ?? "archipel",
    certificates,
    authority: text(env["ARCHIPEL_AUTHORITY"]) ?? join(args.dataDirectory, "authority"),
    neighbours: text(env["ARCHIPEL_NEIGHBOURS"]),
    neighboursFile: text(env["ARCHIPEL_NEIGHBOURS_FILE"]) ?? join(args.dataDirectory, "fleet", "neighbours.json"),
    callers: new Set(callers.split(",").map((name) => name.trim())),
    url: (url ?? `http://${args.host}:${args.port}`).replace(/\/+$/, ""),
  }
}
