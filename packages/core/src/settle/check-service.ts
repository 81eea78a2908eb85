import type { ResolvedModel } from "../catalog.ts"
import type { ModelBehaviour, ServiceDefinition } from "../service-definition.ts"
import { parseDependency } from "./dependency-path.ts"
import { buildGraph } from "./graph.ts"

function definedOnce(behaviour: ModelBehaviour, mistakes: string[]): void {
  const { model } = behaviour
  const computed = new Map<string, string>()
  for (const [what, statements] of [
    ["computed", [...behaviour.computes, ...behaviour.rollups]],
    ["suggested", behaviour.suggestions],
  ] as const) {
    for (const { field } of statements) {
      const before = computed.get(field.name)
      if (before) mistakes.push(`${model.name}.${field.name} is ${before} and ${what}: one definition must be left.`)
      computed.set(field.name, what)
      if (what === "computed" && field.writtenBy !== "compute")
        mistakes.push(
          `${model.name}.${field.name} is computed by logic, but its contract does not say \`.computed()\`.`,
        )
      if (what === "suggested" && field.writtenBy !== "suggestion")
        mistakes.push(
          `${model.name}.${field.name} is suggested by logic, but its contract does not say \`.suggested()\`.`,
        )
    }
  }
  for (const member of model.columns) {
    if (member.writtenBy === "compute" && !computed.has(member.name)) {
      mistakes.push(
        `${model.name}.${member.name} is computed, but no logic says how: add .compute("${member.name}", …) or .rollup("${member.name}", …).`,
      )
    }
    if (member.writtenBy === "suggestion" && !computed.has(member.name)) {
      mistakes.push(
        `${model.name}.${member.name} is suggested, but no logic says how: add .suggest("${member.name}", …).`,
      )
    }
  }
}

function invocationsKnown(behaviour: ModelBehaviour, mistakes: string[]): void {
  const { model, invocations } = behaviour
  for (const member of model.columns) {
    if (member.kind !== "field") continue
    for (const [name, transition] of Object.entries(member.transitions ?? {})) {
      if (!invocations.has(name))
        mistakes.push(`${model.name}: nothing says who may ${name}; add .on("${name}", { by: […] }).`)
      for (const state of [...transition.from, transition.to]) {
        if (!member.values?.includes(state))
          mistakes.push(
            `${model.name}: the transition ${name} names the state "${state}", which ${member.name} does not have.`,
          )
      }
    }
  }
  for (const name of model.actions.keys()) {
    const known = invocations.get(name)
    if (!known) mistakes.push(`${model.name}: nothing says who may ${name}; add .on("${name}", { by: […], run }).`)
    else if (!known.run)
      mistakes.push(`${model.name}: the action ${name} does nothing; give its .on("${name}", …) a run.`)
  }
  for (const { name, needs, by } of invocations.values()) {
    if (name === "explain")
      mistakes.push(`${model.name}: "$explain" answers why somebody may or may not; give "explain" another name.`)
    if (by.size === 0) mistakes.push(`${model.name}: nobody may ${name}; name roles in \`by\`.`)
    for (const text of needs) {
      const path = parseDependency(model, text)
      if (typeof path === "string") mistakes.push(`${model.name}: .on("${name}") needs ${path}.`)
    }
  }
}

function sequencesFit(model: ResolvedModel, mistakes: string[]): void {
  for (const member of model.columns) {
    if (member.kind !== "field" || member.type !== "sequence") continue
    const at = `${model.name}.${member.name}`
    if (
      !/^[^0{}]*(?:\{(?:yyyy|mm|0+)\}[^{}]*)+$/.test(member.pattern ?? "") ||
      (member.pattern?.match(/\{0+\}/g) ?? []).length !== 1
    ) {
      mistakes.push(
        `${at}: a sequence's pattern has {yyyy}, {mm} and exactly one run of zeros, such as "SO-{yyyy}-{00000}".`,
      )
    }
    if (member.period !== undefined) {
      const period = model.members.get(member.period)
      if (period?.kind !== "field" || (period.type !== "date" && period.type !== "datetime"))
        mistakes.push(`${at}: its period "${member.period}" is no date of ${model.name}.`)
    }
    if (member.assignedOn !== undefined) {
      const known = model.columns.some((m) => m.kind === "field" && m.transitions?.[member.assignedOn as string])
      if (!known) mistakes.push(`${at} is assigned on "${member.assignedOn}", which is no transition of ${model.name}.`)
    }
  }
}

/** Everything that a service's logic says and that cannot be, in words; empty if it can start. */
export function serviceMistakes(service: ServiceDefinition): readonly string[] {
  const mistakes: string[] = []
  for (const behaviour of service.models.values()) {
    const { model, owner, grants } = behaviour
    if (grants.length === 0 && !owner)
      mistakes.push(`${model.name}: nobody is granted anything; add .grant(…), or nobody can ever read it.`)
    definedOnce(behaviour, mistakes)
    invocationsKnown(behaviour, mistakes)
    sequencesFit(model, mistakes)
  }
  buildGraph(service, mistakes)
  return mistakes
}
