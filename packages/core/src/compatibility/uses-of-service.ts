import type { FieldDefinition, OneDefinition } from "../definition.ts"
import type { ModelBehaviour, ServiceDefinition } from "../service-definition.ts"
import { type ContractUses, UseCollector } from "./uses.ts"

type Inputs = Readonly<Record<string, FieldDefinition | OneDefinition>>

/** The paths that a model's logic names: what it sees of records, its own and others'. */
const dependencies = (behaviour: ModelBehaviour): readonly string[] => [
  ...[...behaviour.computes, ...behaviour.suggestions, ...behaviour.checks, ...behaviour.warnings].flatMap(
    (each) => each.dependencies,
  ),
  ...[...behaviour.invocations.values()].flatMap(({ needs }) => needs),
]

/**
 * What a service uses of others, as far as its contract and logic say it: the models that it refers to, what it mirrors of
 * them, and every path into them that its logic depends on. What the code of a `run` asks for is known when it runs.
 */
export function usesOf({ name, models, catalog, mirrors }: ServiceDefinition): ContractUses {
  const uses = new UseCollector(name)
  const inputs = (given: Inputs = {}): void => {
    for (const input of Object.values(given)) {
      const target = input.kind === "one" ? catalog.models.get(input.to) : undefined
      if (target) uses.model(target)
    }
  }
  for (const behaviour of models.values()) {
    const { model } = behaviour
    for (const member of model.members.values()) {
      if (member.kind !== "field") {
        uses.model(member.target)
        if (member.kind === "many") uses.read(member.target, member.by)
      } else for (const { input } of Object.values(member.transitions ?? {})) inputs(input)
    }
    for (const { input, output } of model.actions.values()) {
      inputs(input)
      inputs(output)
    }
    for (const path of dependencies(behaviour)) uses.path(model, path)
  }
  for (const { model, columns } of mirrors.kept) {
    uses.model(model)
    for (const column of columns) uses.read(model, column.name)
  }
  return uses.uses()
}
