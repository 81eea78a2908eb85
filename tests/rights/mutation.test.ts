import { DefinitionError } from "@archipel/core"
import { type Policy, policyMistakes, testService, type TestOptions } from "@archipel/server/test"
import type { Service } from "@archipel/server"
import { expect, test } from "vitest"
import { policies as catalogPolicies } from "../../examples/company/catalog/policy.ts"
import { catalog } from "../../examples/company/catalog/service.ts"
import { policies as crmPolicies } from "../../examples/company/crm/policy.ts"
import { crm } from "../../examples/company/crm/service.ts"
import { policies as peoplePolicies } from "../../examples/company/people/policy.ts"
import { people } from "../../examples/company/people/service.ts"
import { fake, policies as salesPolicies } from "../../examples/company/sales/policy.ts"
import { sales } from "../../examples/company/sales/service.ts"
import { counted, propertySeed } from "../support/counts.ts"
import { mutantsOf } from "./mutations.ts"

interface Tested {
  readonly service: Service
  readonly policies: readonly Policy[]
  readonly options: TestOptions
}
const company: readonly Tested[] = [
  { service: crm, policies: crmPolicies, options: {} },
  { service: catalog, policies: catalogPolicies, options: {} },
  { service: people, policies: peoplePolicies, options: {} },
  { service: sales, policies: salesPolicies, options: { fake } },
]

/** What of the policies notices it; undefined if nothing does. */
async function noticed(mutant: Service, model: string, { policies, options }: Tested): Promise<string | undefined> {
  try {
    await using app = await testService(mutant, options)
    // Those of the same model first: they mostly know.
    const near = policies.toSorted((a, b) => Number(b.model === model) - Number(a.model === model))
    for (const policy of near) {
      try {
        for await (const mistake of policyMistakes(app, policy)) return mistake
      } catch (error) {
        // What the policy arranges could not be done any more.
        return String(error)
      }
    }
    return undefined
  } catch (error) {
    if (error instanceof DefinitionError) return error.message
    throw error
  }
}

const all = company.flatMap((tested) => mutantsOf(tested.service).map((mutant) => ({ tested, mutant })))
/** Another part of them in each run, all of them in a full one. */
const wanted = counted(12, all.length)
const chosen = Array.from({ length: Math.min(wanted, all.length) }, (_, i) => {
  const at = (propertySeed + Math.floor((i * all.length) / wanted)) % all.length
  return all[at] as (typeof all)[number]
})

test.each(chosen.map(({ tested, mutant }) => [mutant.name, mutant.service, tested] as const))(
  "a policy notices %s",
  async (name, mutant, tested) => {
    expect(await noticed(mutant, name.split(":")[0] as string, tested)).toBeDefined()
  },
)

test("no rule of the company is left out", () => {
  expect(all.length).toBeGreaterThan(80)
  expect(new Set(all.map(({ mutant }) => mutant.name)).size).toBe(all.length)
})
