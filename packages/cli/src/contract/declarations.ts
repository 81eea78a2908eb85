/**
 * A contract's types, written from its data: the same that its source has, and nothing of how it was written.
 *
 * @module
 */
import type {
  ActionDefinition,
  ContractDefinition,
  FieldDefinition,
  FieldType,
  MemberDefinition,
  ModelDefinition,
  OneDefinition,
  TransitionDefinition,
} from "@archipel/core"

const values: Readonly<Record<Exclude<FieldType, "choice" | "states">, string>> = {
  text: "string",
  longText: "string",
  html: "string",
  email: "string",
  phone: "string",
  url: "string",
  uuid: "string",
  integer: "number",
  bigint: "string",
  decimal: "Decimal",
  money: "Decimal",
  bool: "boolean",
  date: "string",
  datetime: "string",
  sequence: "string",
  json: "unknown",
  file: "FileReference",
  image: "FileReference",
}

/** What the types are made of, as they are called in core. */
const building = [
  "Action",
  "Contract",
  "Decimal",
  "Field",
  "FileReference",
  "Many",
  "ManyToMany",
  "Model",
  "One",
  "States",
]

const text = (value: string): string => JSON.stringify(value)
const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name))
const tuple = (items: readonly string[]): string => `readonly [${items.map(text).join(", ")}]`
const union = (items: readonly string[]): string => (items.length === 0 ? "never" : items.map(text).join(" | "))

const line = (name: string, type: string, prefix = "readonly "): string => `${prefix}${key(name)}: ${type}`
const block = (lines: readonly string[]): string =>
  lines.length === 0 ? "{}" : `{\n${lines.join("\n").replace(/^/gm, "  ")}\n}`
const object = (entries: readonly (readonly [string, string])[], prefix?: string): string =>
  block(entries.map(([name, type]) => line(name, type, prefix)))

/** What clients do on create, as the builders' types say it. */
function inputOf(member: FieldDefinition | OneDefinition): string {
  const { writtenBy, optional, default: given } = member
  if (writtenBy === "compute" || writtenBy === "framework") return "never"
  const isGenerated = member.kind === "field" && member.generated !== undefined
  return optional || given !== undefined || writtenBy === "suggestion" || isGenerated ? "optional" : "required"
}

function fieldType(field: FieldDefinition): string {
  if (field.type === "states" && !field.optional) {
    const transitions = Object.entries(field.transitions ?? {})
    return `States<${union(field.values ?? [])}, ${object(transitions.map(([name, each]) => [name, transitionType(each)]))}>`
  }
  const isChoice = field.type === "choice" || field.type === "states"
  const value = isChoice ? union(field.values ?? []) : values[field.type as keyof typeof values]
  return `Field<${value}, ${field.optional === true}, ${text(inputOf(field))}>`
}

const transitionType = ({ from, to, input, label, event }: TransitionDefinition): string =>
  object([
    ["from", tuple(from)],
    ["to", text(to)],
    ...(input ? [["input", inputsType(input)] as const] : []),
    ...(label === undefined ? [] : [["label", text(label)] as const]),
    ...(event === undefined ? [] : [["event", text(event)] as const]),
  ])

function memberType(member: MemberDefinition): string {
  switch (member.kind) {
    case "field":
      return fieldType(member)
    case "one":
      return `One<${text(member.to)}, ${member.optional === true}, ${text(inputOf(member))}>`
    case "many":
      return `Many<${text(member.to)}, ${text(member.by)}, ${member.owned === true}>`
    case "manyToMany":
      return `ManyToMany<${text(member.to)}>`
  }
}

const inputsType = (inputs: Readonly<Record<string, FieldDefinition | OneDefinition>>, prefix?: string): string =>
  object(
    Object.entries(inputs).map(([name, input]) => [name, memberType(input)]),
    prefix,
  )

// As `action(…)` infers them.
const actionType = ({ input, output }: ActionDefinition): string =>
  `Action<${inputsType(input, "")}, ${inputsType(output, "")}>`

/** What a model's options add, `model(…)` adds to the type as it is. */
const addedByOptions: ReadonlySet<string> = new Set(["archivedAt", "externalId"])

const membersType = ({ members }: ModelDefinition): string =>
  block(
    Object.entries(members).map(([name, member]) =>
      line(name, memberType(member), addedByOptions.has(name) ? "" : undefined),
    ),
  )

function modelType(definition: ModelDefinition): string {
  const { actions, plural, table, key: identifying, automatic, view } = definition
  const names = [
    ...(table === undefined ? [] : [["table", text(table)] as const]),
    ...(plural === undefined ? [] : [["plural", text(plural)] as const]),
    ...(identifying === undefined ? [] : [["key", tuple(identifying)] as const]),
    ...(automatic === undefined
      ? []
      : [["automatic", object(Object.entries(automatic).map(([name, column]) => [name, text(column)]))] as const]),
    ...(view ? [["view", "true"] as const] : []),
  ]
  const parts = [
    membersType(definition),
    object(Object.entries(actions).map(([name, action]) => [name, actionType(action)])),
    object(names),
  ]
  return `Model<${parts.join(", ")}>`
}

/** @param neighbours Packages of the contracts that it refers to. */
export function contractDeclarations(
  { name, roles, models }: ContractDefinition,
  neighbours: readonly string[],
): string {
  const type = object(Object.entries(models).map(([model, definition]) => [model, modelType(definition)]))
  const used = building.filter(
    (word) => word === "Contract" || new RegExp(`\\b${word}<|\\b${word}\\b(?=[,>])`).test(type),
  )
  return `import type { ${used.join(", ")} } from "@archipel/core"
${neighbours.map((each) => `import ${text(each)}\n`).join("")}
export declare const ${name}: Contract<${text(name)}, ${tuple(roles)}, ${type}>
declare module "@archipel/core" {
  interface Contracts {
    ${name}: typeof ${name}
  }
}
`
}
