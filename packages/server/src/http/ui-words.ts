/**
 * What people read of a service, in the language they ask for.
 *
 * @module
 */
import {
  humanName,
  type ModelWordsDefinition,
  type ResolvedModel,
  type ServiceDefinition,
  serviceTitle,
} from "@archipel/core"
import type { ApiRequest } from "./api-request.ts"

/** Something with a name of its own and perhaps words from the contract. */
interface Named {
  readonly name: string
  readonly label?: string
  readonly help?: string
}

/** The words of a service in one language: those of its translations, else the contract's, else what names say. */
export interface Words {
  /** "fr"; empty for the contract's own. */
  readonly language: string
  service(): string
  title(model: ResolvedModel): string
  plural(model: ResolvedModel): string
  label(model: ResolvedModel, member: Named): string
  help(model: ResolvedModel, member: Named): string | undefined
  value(model: ResolvedModel, member: Named, value: string): string
  invocation(model: ResolvedModel, kind: "transitions" | "actions", named: Named): string
  /** Of a transition or an action; of one that is a field, the field's. */
  input(model: ResolvedModel, kind: "transitions" | "actions", of: string, input: Named): string
  section(model: ResolvedModel, title: string): string
}

const NO_WORDS: ModelWordsDefinition = {}

function wordsIn(service: ServiceDefinition, language: string): Words {
  const all = service.words.get(language)
  const of = ({ localName }: ResolvedModel): ModelWordsDefinition => all?.models?.[localName] ?? NO_WORDS
  const field = (model: ResolvedModel, name: string) => {
    const given = of(model).fields?.[name]
    return typeof given === "string" ? { label: given } : given
  }
  const invocation = (model: ResolvedModel, kind: "transitions" | "actions", name: string) => {
    const given = of(model)[kind]?.[name]
    return typeof given === "string" ? { label: given } : given
  }
  return {
    language,
    service: () => all?.label ?? serviceTitle(service.name),
    title: (model) => of(model).label ?? model.label ?? humanName(model.localName),
    plural: (model) => of(model).plural ?? humanName(model.collection.replaceAll("-", "_")),
    label: (model, { name, label }) =>
      field(model, name)?.label ?? automatic(language, name) ?? label ?? humanName(name),
    help: (model, { name, help }) => field(model, name)?.help ?? help,
    value: (model, { name }, value) => field(model, name)?.values?.[value] ?? humanName(value),
    invocation: (model, kind, { name, label }) => invocation(model, kind, name)?.label ?? label ?? humanName(name),
    input: (model, kind, name, input) =>
      invocation(model, kind, name)?.inputs?.[input.name] ??
      field(model, input.name)?.label ??
      input.label ??
      humanName(input.name),
    section: (model, title) => of(model).sections?.[title] ?? title,
  }
}

/** What every record has is the framework's to translate. */
const automaticWords: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  fr: {
    version: "Version",
    createdAt: "Créé le",
    createdBy: "Créé par",
    updatedAt: "Modifié le",
    updatedBy: "Modifié par",
    archivedAt: "Archivé le",
    externalId: "Identifiant externe",
  },
}
const automatic = (language: string, name: string): string | undefined =>
  automaticWords[language.split("-", 1)[0] as string]?.[name]

const known = new WeakMap<ServiceDefinition, Map<string, Words>>()

export function wordsOf(service: ServiceDefinition, language: string): Words {
  let languages = known.get(service)
  if (!languages) known.set(service, (languages = new Map()))
  let words = languages.get(language)
  if (!words) languages.set(language, (words = wordsIn(service, language)))
  return words
}

/** A contract is written in English, unless its author does otherwise and says nothing of it. */
const OWN_LANGUAGE = "en"
const MAX_RANGES = 20

/**
 * The language that `Accept-Language` prefers of those there are (RFC 9110, section 12.5.4; RFC 4647, section 3.4): empty for the
 * contract's own, also where nothing fits.
 */
export function languageOf({ headers }: Pick<ApiRequest, "headers">, { words }: ServiceDefinition): string {
  const asked = headers.get("accept-language")
  if (asked === null || words.size === 0) return ""
  const ranges = asked
    .split(",", MAX_RANGES)
    .map((range) => {
      const [tag = "", quality] = range.trim().split(/\s*;\s*q=/)
      return { tag: tag.toLowerCase(), quality: quality === undefined ? 1 : Number(quality) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
  const there = [...words.keys()]
  for (const { tag } of ranges) {
    const primary = tag.split("-", 1)[0] as string
    const found =
      there.find((language) => language.toLowerCase() === tag) ??
      there.find((language) => language.toLowerCase() === primary) ??
      there.find((language) => language.toLowerCase().startsWith(`${primary}-`))
    if (found !== undefined) return found
    if (primary === OWN_LANGUAGE || tag === "*") return ""
  }
  return ""
}
