import { expectPolicy, expectRightsMatrix, testService } from "@archipel/server/test"
import { describe, test } from "vitest"
import { policies as catalogPolicies } from "./catalog/policy.ts"
import { policies as crmPolicies } from "./crm/policy.ts"
import { policies as peoplePolicies } from "./people/policy.ts"
import { fake, policies as salesPolicies } from "./sales/policy.ts"
import { catalog } from "./catalog/service.ts"
import { crm } from "./crm/service.ts"
import { people } from "./people/service.ts"
import { sales } from "./sales/service.ts"

describe.each([
  { service: crm, policies: crmPolicies, options: {} },
  { service: catalog, policies: catalogPolicies, options: {} },
  { service: people, policies: peoplePolicies, options: {} },
  { service: sales, policies: salesPolicies, options: { fake } },
])("$service.name", ({ service, policies, options }) => {
  test("its rights are what its rights.txt says", async () => {
    await expectRightsMatrix(service, new URL(`./${service.name}/rights.txt`, import.meta.url))
  })

  test.each(policies.map((policy, n) => [`${policy.model} (${n + 1})`, policy] as const))(
    "who may do what with %s",
    async (_, policy) => {
      await using app = await testService(service, options)
      await expectPolicy(app, policy)
    },
  )
})
