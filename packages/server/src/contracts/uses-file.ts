import { allUses, type ContractUses, isRecord, type ModelUse } from "@archipel/core"

/**
 * What a service uses of its neighbours, as it is committed beside its `service.ts`: `uses.json`. Owners of these neighbours compare it
 * with what they are about to release.
 */
export interface UsesFile {
  readonly service: string
  /** Versions of the contracts that it was built with, of those that have one. */
  readonly builtWith: Readonly<Record<string, string>>
  /** What its contract and logic say. */
  readonly declared: ContractUses
  /** What its tests saw its code ask for. */
  readonly recorded: ContractUses
}

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string")
const isUse = (value: unknown): value is ModelUse =>
  isRecord(value) && isNames(value["reads"]) && isNames(value["writes"]) && isNames(value["calls"])
const areUses = (value: unknown): value is ContractUses => isRecord(value) && Object.values(value).every(isUse)

/** @returns undefined for a text that is no such file */
export function parseUses(text: string): UsesFile | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value) || typeof value["service"] !== "string") return undefined
  const { service, builtWith = {}, declared = {}, recorded = {} } = value
  const isWhole = isRecord(builtWith) && areUses(declared) && areUses(recorded)
  return isWhole ? { service, builtWith: builtWith as Record<string, string>, declared, recorded } : undefined
}

/** As it is written: the same text for the same uses, so that a change is a change. */
export const usesText = ({ service, builtWith, declared, recorded }: UsesFile): string =>
  `${JSON.stringify({ service, builtWith, declared: allUses([declared]), recorded: allUses([recorded]) }, null, 2)}\n`
