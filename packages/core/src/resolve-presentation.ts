/**
 * What a service says of how it is presented, compared with its contract: views and translations.
 *
 * @module
 */
import type { ColumnMember, Member, OneMember, ResolvedModel } from "./catalog.ts"
import type { ServiceDefinition } from "./service-definition.ts"
import type { InvocationWords, ModelWordsDefinition, Translations } from "./translations.ts"
import type { ViewsDefinition } from "./views.ts"

/** How a service is presented, beside what its contract says. */
export interface Presentation {
  readonly views?: readonly ViewsDefinition[]
  readonly translations?: readonly Translations[]
}

type Said = (what: string) => void
type Behaviours = Pick<ServiceDefinition, "models" | "mirrors">

function pathMistake(model: ResolvedModel, path: string, mirrors: ServiceDefinition["mirrors"]): string | undefined {
  let at = model
  let crossing: OneMember | undefined
  const names = path.split(".")
  for (const [i, name] of names.entries()) {
    const member = at.members.get(name)
    const isLast = i === names.length - 1
    if (!member) {
      return crossing
        ? `of ${crossing.to} it names the title or what is mirrored here, not "${name}"`
        : `${at.name} has no "${name}"`
    }
    if (isLast) return undefined
    if (member.kind === "field") return `"${name}" of ${at.name} is a field, nothing follows it`
    if (member.kind !== "one" || member.local) {
      at = member.target
      continue
    }
    if (i === names.length - 2 && names.at(-1) === member.target.title) return undefined
    const kept = mirrors.through(member)
    if (!kept)
      return `of ${member.to} it names the title or what is mirrored here, not "${names.slice(i + 1).join(".")}"`
    crossing = member
    at = kept.target
  }
  return undefined
}

const pathsOf = ({ list, form, search }: ViewsDefinition): readonly string[] => [
  ...(list ?? []),
  ...(form?.sections ?? []).flatMap(({ fields }) => fields),
  ...(search?.filters ?? []),
  ...(search?.groups ?? []).map((key) => key.split(":")[0] as string),
]

function viewMistakes(view: ViewsDefinition, { models, mirrors }: Behaviours, say: Said): void {
  const behaviour = models.get(view.model)
  if (!behaviour) return say(`views("${view.model}"): there is no such model in this service.`)
  for (const path of pathsOf(view)) {
    const wrong = pathMistake(behaviour.model, path, mirrors)
    if (wrong !== undefined) say(`views("${view.model}"), "${path}": ${wrong}.`)
  }
}

const isColumn = (member: Member | undefined): member is ColumnMember =>
  member?.kind === "field" || member?.kind === "one"

function wordsMistakes(model: ResolvedModel, words: ModelWordsDefinition, say: Said): void {
  for (const [name, given] of Object.entries(words.fields ?? {})) {
    const member = model.members.get(name)
    if (!member) say(`"${name}" is no field of ${model.name}`)
    if (typeof given === "string") continue
    const values = isColumn(member) && member.kind === "field" ? (member.values ?? []) : []
    for (const value of Object.keys(given.values ?? {}))
      if (!values.includes(value)) say(`"${value}" is no value of ${model.name}.${name}`)
  }
  const transitions = new Set(
    model.columns.flatMap((member) => (member.kind === "field" ? Object.keys(member.transitions ?? {}) : [])),
  )
  const named = (all: Readonly<Record<string, InvocationWords>> = {}): string[] => Object.keys(all)
  for (const name of named(words.transitions))
    if (!transitions.has(name)) say(`"${name}" is no transition of ${model.name}`)
  for (const name of named(words.actions)) if (!model.actions.has(name)) say(`"${name}" is no action of ${model.name}`)
}

/** A tag of one language as it is negotiated: lower case, with or without a region (BCP 47). */
const LANGUAGE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/

/** What does not fit, a sentence each. */
export function presentationMistakes(
  service: Pick<ServiceDefinition, "name"> & Behaviours,
  { views = [], translations = [] }: Presentation,
): readonly string[] {
  const mistakes: string[] = []
  const seen = new Set<string>()
  for (const view of views) {
    if (seen.has(view.model)) mistakes.push(`views("${view.model}") is given twice.`)
    seen.add(view.model)
    viewMistakes(view, service, (what) => void mistakes.push(what))
  }
  for (const { service: name, languages } of translations) {
    if (name !== service.name) mistakes.push(`translations("${name}") do not belong to the service ${service.name}.`)
    for (const [language, words] of Object.entries(languages)) {
      const say: Said = (what) => void mistakes.push(`translations("${name}"), ${language}: ${what}.`)
      if (!LANGUAGE.test(language)) say("a language is a tag such as fr or pt-BR")
      for (const [localName, ofModel] of Object.entries(words.models ?? {})) {
        const behaviour = service.models.get(`${service.name}.${localName}`)
        if (behaviour) wordsMistakes(behaviour.model, ofModel, say)
        else say(`there is no model "${localName}"`)
      }
    }
  }
  return mistakes
}
