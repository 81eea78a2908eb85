/**
 * Records in memory, for the plain evaluator.
 *
 * @module
 */
import type { ListMember, OneMember } from "../catalog.ts"

/** A record's canonical values by field; references as ids, a declared many-to-many relation as a list of ids. */
export type DataRecord = Readonly<Record<string, unknown>>

/** All records there are, whoever may see them. */
export interface Dataset {
  /** Of a model by its name, "sales.Order". */
  records(model: string): readonly DataRecord[]
}

/** A dataset from records by model name: "sales.Order". */
export const datasetOf = (records: Readonly<Record<string, readonly DataRecord[]>>): Dataset => ({
  records: (model) => records[model] ?? [],
})

/** The record that a reference names, if it is there. */
export const targetOf = (member: OneMember, record: DataRecord, dataset: Dataset): DataRecord | undefined =>
  dataset.records(member.target.name).find((target) => target["id"] === record[member.name])

/** The records of a list. */
export function listOf(member: ListMember, record: DataRecord, dataset: Dataset): readonly DataRecord[] {
  const targets = dataset.records(member.target.name)
  if (member.kind === "many") return targets.filter((target) => target[member.inverse.name] === record["id"])
  const { inverse } = member
  return inverse === undefined
    ? targets.filter((target) => (record[member.name] as readonly unknown[]).includes(target["id"]))
    : targets.filter((target) => (target[inverse] as readonly unknown[]).includes(record["id"]))
}
