/**
 * A service's part of a database at one migration, as it is committed beside the SQL.
 *
 * @module
 */
import { type Catalog, DefinitionError, type KeptModel, type Logic, type ModelDefinition } from "@archipel/core"
import { createHash } from "node:crypto"
import { desiredSchema } from "../schema/desired-schema.ts"
import { sequenceName } from "../schema/sequence-number.ts"
import type { TableSchema } from "../schema/structure.ts"
import { computedRevisions } from "./computed-revisions.ts"

/** Plain data: the same contract gives the same snapshot, and JSON keeps it. */
export interface SchemaSnapshot {
  readonly format: 1
  readonly service: string
  /** Of everything below but `renamed`. */
  readonly revision: string
  readonly tables: readonly TableSchema[]
  /** Sources ("sales.Order.note") that had another name in earlier contracts. */
  readonly renamed: Readonly<Record<string, string>>
  /** Revisions of the definitions of computed fields, by source. */
  readonly computed: Readonly<Record<string, string>>
  /** Names of counters, by the source of the sequence. */
  readonly counters: Readonly<Record<string, string>>
}

export interface SnapshotSource {
  readonly catalog: Catalog
  readonly service: string
  readonly logic?: readonly Pick<Logic<string>, "model" | "statements">[]
  /** What the service keeps of other services' records. */
  readonly kept?: readonly KeptModel[]
}

const hash = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 32)

/** @throws DefinitionError for a `was` that cannot be. */
export function snapshotOf({ catalog, service, logic = [], kept = [] }: SnapshotSource): SchemaSnapshot {
  const tables = desiredSchema(catalog, service, kept).tables.filter(({ framework }) => !framework)
  const computed = computedRevisions(logic)
  const counters: Record<string, string> = {}
  for (const model of catalog.models.values()) {
    if (model.service !== service) continue
    for (const member of model.columns)
      if (member.kind === "field" && member.type === "sequence")
        counters[`${model.name}.${member.name}`] = sequenceName(member)
  }
  const revision = hash({ service, tables, computed })
  return { format: 1, service, revision, tables, renamed: renamesOf(catalog, service), computed, counters }
}

/** Before the first migration. */
export function emptySnapshot(service: string): SchemaSnapshot {
  const revision = hash({ service, tables: [], computed: {} })
  return { format: 1, service, revision, tables: [], renamed: {}, computed: {}, counters: {} }
}

function renamesOf(catalog: Catalog, service: string): Record<string, string> {
  const mistakes: string[] = []
  const renamed: Record<string, string> = {}
  const definitions: Readonly<Record<string, ModelDefinition>> = catalog.contracts.get(service)?.models ?? {}
  for (const [localName, definition] of Object.entries(definitions)) {
    const name = `${service}.${localName}`
    const before = `${service}.${definition.was ?? localName}`
    if (before !== name) {
      if (definition.was !== undefined && Object.hasOwn(definitions, definition.was))
        mistakes.push(`${name} was "${definition.was}", and there still is a model of that name.`)
      renamed[name] = before
    }
    for (const member of catalog.models.get(name)?.members.values() ?? []) {
      const was = member.kind === "many" ? undefined : member.was
      if (was !== undefined && catalog.models.get(name)?.members.has(was))
        mistakes.push(`${name}.${member.name} was "${was}", and there still is a field of that name.`)
      if (was !== undefined || before !== name) renamed[`${name}.${member.name}`] = `${before}.${was ?? member.name}`
    }
  }
  if (mistakes.length > 0) throw new DefinitionError(mistakes)
  return renamed
}
