import {
  type ContractDefinition,
  knownContracts,
  type Logic,
  type Member,
  type Principal,
  publicPrincipal,
  resolveCatalog,
  resolveService,
  rightsOf,
  text,
} from "@archipel/core"
import { describe, expect, test } from "vitest"
import { services } from "../../examples/company/services.ts"
import { vaultService } from "./vault.ts"

/** T31: what a contract adds is closed until somebody is granted it. */
const all = [...services, vaultService]
const contracts = knownContracts()
const contractOf = (name: string): ContractDefinition => contracts.get(name) as ContractDefinition
type Logics = readonly Pick<Logic<string>, "model" | "statements">[]

const resolved = (changed: ContractDefinition, logic: Logics) =>
  resolveService(
    changed,
    logic,
    resolveCatalog([...contracts.values()].map((each) => (each.name === changed.name ? changed : each))),
  )

const models = all.flatMap(({ name, logic }) =>
  Object.keys(contractOf(name).models).map((model) => [`${name}.${model}`, contractOf(name), logic as Logics] as const),
)

describe("T31 a model without grants", () => {
  test.each(models)("%s does not start without its grants, unless it is lines", (name, contract, logic) => {
    const without = logic.map((each) => ({
      ...each,
      statements: each.model === name ? each.statements.filter(({ kind }) => kind !== "grant") : each.statements,
    }))
    const isLines = resolved(contract, logic).models.get(name)?.model.owner !== undefined
    if (isLines) expect(() => resolved(contract, without)).not.toThrow()
    else expect(() => resolved(contract, without)).toThrow(name)
  })

  test("a new one is refused by its name", () => {
    const contract = contractOf("sales")
    const extra = { ...contract.models["Shipper"], members: { name: text().definition } } as never
    const changed = { ...contract, models: { ...contract.models, Parcel: extra } }
    expect(() => resolved(changed, services.find(({ name }) => name === "sales")?.logic as Logics)).toThrow(
      "sales.Parcel",
    )
  })
})

describe("T31 a new field", () => {
  const withField = (name: string, contract: ContractDefinition): ContractDefinition => {
    const local = name.split(".")[1] as string
    const model = contract.models[local] as ContractDefinition["models"][string]
    const changed = { ...model, members: { ...model.members, brandNew: text().optional().definition } }
    return { ...contract, models: { ...contract.models, [local]: changed } }
  }
  const readable = (name: string, contract: ContractDefinition, logic: Logics, principal: Principal): boolean => {
    const service = resolved(withField(name, contract), logic)
    const model = service.models.get(name)?.model
    if (!model) throw new TypeError(name)
    const rights = rightsOf(service, principal).of(model)
    return rights.read.kind !== "false" && rights.readable(model.members.get("brandNew") as Member).kind !== "false"
  }
  const user = (...roles: string[]): Principal => ({ kind: "user", id: "x", roles, claims: {}, timeZone: "UTC" })

  test.each(models)("of %s is nothing to the public, nor to those without a role", (name, contract, logic) => {
    expect(readable(name, contract, logic, publicPrincipal)).toBe(false)
    expect(readable(name, contract, logic, user())).toBe(false)
  })

  test("is nothing to those whose grants name their fields", () => {
    const [people, vault] = ["people", "vault"].map((name) => all.find((each) => each.name === name)?.logic as Logics)
    expect(readable("vault.Note", contractOf("vault"), vault as Logics, user("vault.titles", "vault.codes"))).toBe(
      false,
    )
    expect(readable("vault.Label", contractOf("vault"), vault as Logics, user("vault.user"))).toBe(false)
    // Who sees some employees in full sees it of these.
    expect(readable("people.Employee", contractOf("people"), people as Logics, user("people.user"))).toBe(true)
  })
})
