import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import type { ContractDefinition } from "@archipel/core"
import type { OwnRoute } from "../service-host.ts"
import { PROTOCOL, type ServiceDescription } from "./description.ts"

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}

/** Keys in one order, so that equal contracts have equal texts whoever wrote them. */
const ordered = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value

/** Equal for contracts of equal structure, whatever version they have. */
export const contractRevision = ({ version: _version, ...structure }: ContractDefinition): string =>
  createHash("sha256").update(JSON.stringify(structure, ordered)).digest("base64url").slice(0, 22)

/** What a service of this process tells the others of itself. @param version Of its release, where it is known. */
export const describeService = (
  contract: ContractDefinition,
  routes: readonly OwnRoute[],
  version: string | null,
): ServiceDescription => ({
  protocol: PROTOCOL,
  framework: manifest.version,
  service: contract.name,
  version,
  revision: contractRevision(contract),
  contract,
  routes: routes.map(({ prefix }) => prefix),
})
