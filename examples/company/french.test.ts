import type { ContractDefinition, Translations } from "@archipel/core"
import { expect, test } from "vitest"
import { catalog } from "./catalog/contract.ts"
import { french as catalogFrench } from "./catalog/french.ts"
import { crm } from "./crm/contract.ts"
import { french as crmFrench } from "./crm/french.ts"
import { people } from "./people/contract.ts"
import { french as peopleFrench } from "./people/french.ts"
import { sales } from "./sales/contract.ts"
import { french as salesFrench } from "./sales/french.ts"

/** What the framework translates itself. */
const AUTOMATIC: ReadonlySet<string> = new Set(["archivedAt", "externalId"])

/** What of a contract has no French words. */
function missing({ name, models }: ContractDefinition, { languages }: Translations): readonly string[] {
  const words = languages["fr"]
  const gaps: string[] = words?.label === undefined ? [name] : []
  for (const [model, { members, actions }] of Object.entries(models)) {
    const of = words?.models?.[model]
    const need = (what: unknown, path: string): void => {
      if (what === undefined) gaps.push(`${model}.${path}`)
    }
    need(of?.label, "label")
    need(of?.plural, "plural")
    for (const action of Object.keys(actions)) need(of?.actions?.[action], `actions.${action}`)
    for (const [field, member] of Object.entries(members)) {
      if (AUTOMATIC.has(field)) continue
      const given = of?.fields?.[field]
      need(given, field)
      if (member.kind !== "field" || !member.values) continue
      const values = typeof given === "object" ? given.values : undefined
      for (const value of member.values) need(values?.[value], `${field}.${value}`)
      for (const transition of Object.keys(member.transitions ?? {})) need(of?.transitions?.[transition], transition)
    }
  }
  return gaps
}

test.each<[ContractDefinition, Translations]>([
  [catalog.definition, catalogFrench],
  [crm.definition, crmFrench],
  [people.definition, peopleFrench],
  [sales.definition, salesFrench],
])("everything that people read of $name is there in French", (contract, words) => {
  expect(missing(contract, words)).toEqual([])
})
