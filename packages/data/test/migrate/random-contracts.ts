/**
 * Random contracts, and what may become of one in the next release.
 *
 * @module
 */
import {
  bigint,
  bool,
  choice,
  contract,
  type ContractDefinition,
  date,
  datetime,
  decimal,
  identity,
  integer,
  json,
  longText,
  manyToMany,
  model,
  one,
  resolveCatalog,
  text,
  uuid,
} from "@archipel/core"
import fc from "fast-check"

export type DrawnType =
  | "text"
  | "longText"
  | "integer"
  | "bigint"
  | "decimal"
  | "bool"
  | "date"
  | "datetime"
  | "choice"
  | "uuid"
  | "json"

export interface DrawnField {
  readonly name: string
  readonly was?: string
  readonly type: DrawnType
  readonly optional: boolean
  readonly hasDefault: boolean
  readonly unique: boolean
  readonly index: boolean
  /** Greatest length, least number, number of values, digits: whatever bounds the type. */
  readonly bound: number
}

export interface DrawnModel {
  readonly name: string
  readonly was?: string
  readonly plural?: string
  readonly fields: readonly DrawnField[]
  readonly archive: boolean
  /** Refers to the model of this place, if there is one. */
  readonly refersTo?: {
    readonly name: string
    readonly was?: string
    readonly place: number
    readonly onDelete: "restrict" | "cascade" | "clear"
  }
  readonly links?: { readonly name: string; readonly was?: string; readonly place: number }
  /** A condition over the field of this name. */
  readonly check?: string
  readonly pair: boolean
}

export type Drawn = readonly DrawnModel[]

const types: readonly DrawnType[] = [
  "text",
  "longText",
  "integer",
  "bigint",
  "decimal",
  "bool",
  "date",
  "datetime",
  "choice",
  "uuid",
  "json",
]
const unindexed: ReadonlySet<DrawnType> = new Set(["json", "longText"])
/** Values of these can all be different. */
const distinct: ReadonlySet<DrawnType> = new Set(["text", "bigint", "uuid"])

const normal = (field: DrawnField): DrawnField => ({
  ...field,
  unique: field.unique && distinct.has(field.type) && !field.hasDefault,
  index: field.index && !unindexed.has(field.type),
})

const fieldOf = (name: string): fc.Arbitrary<DrawnField> =>
  fc
    .record({
      name: fc.constant(name),
      type: fc.constantFrom(...types),
      optional: fc.boolean(),
      hasDefault: fc.boolean(),
      unique: fc.boolean(),
      index: fc.boolean(),
      bound: fc.integer({ min: 0, max: 9 }),
    })
    .map(normal)

const words = ["alpha", "beta", "gamma", "delta", "omega"] as const

const modelOf = (name: string, count: number): fc.Arbitrary<DrawnModel> =>
  fc
    .tuple(
      fc.subarray([...words], { minLength: 1 }).chain((names) => fc.tuple(...names.map(fieldOf))),
      fc.boolean(),
      fc.option(
        fc.record({
          place: fc.nat(count - 1),
          onDelete: fc.constantFrom("restrict" as const, "cascade" as const, "clear" as const),
        }),
        {
          nil: undefined,
        },
      ),
      fc.option(fc.nat(count - 1), { nil: undefined }),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([fields, archive, refersTo, links, hasCheck, pair]) => ({
      name,
      fields,
      archive,
      pair,
      ...(refersTo === undefined ? {} : { refersTo: { name: "master", ...refersTo } }),
      ...(links === undefined ? {} : { links: { name: "friends", place: links } }),
      ...(hasCheck ? { check: fields[0]?.name ?? "" } : {}),
    }))

export const drawn: fc.Arbitrary<Drawn> = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.tuple(...["Ant", "Bee", "Cat"].slice(0, count).map((name) => modelOf(name, count))))

/** What the next release does to a field; the first is nothing, so that it is drawn often. */
const fieldEdits = [
  "keep",
  "keep",
  "remove",
  "rename",
  "retype",
  "optional",
  "default",
  "bound",
  "index",
  "unique",
] as const
const modelEdits = ["keep", "keep", "remove", "rename", "plural", "archive"] as const
const relationEdits = ["keep", "keep", "remove", "rename", "change"] as const

interface Edits {
  readonly fields: readonly { readonly edit: (typeof fieldEdits)[number]; readonly other: DrawnField }[]
  readonly added: DrawnField | undefined
  readonly model: (typeof modelEdits)[number]
  readonly reference: (typeof relationEdits)[number]
  readonly links: (typeof relationEdits)[number]
  readonly check: boolean
  readonly pair: boolean
}

const edits: fc.Arbitrary<Edits> = fc.record({
  fields: fc.array(fc.record({ edit: fc.constantFrom(...fieldEdits), other: fieldOf("other") }), {
    minLength: 5,
    maxLength: 5,
  }),
  added: fc.option(fieldOf("added"), { nil: undefined }),
  model: fc.constantFrom(...modelEdits),
  reference: fc.constantFrom(...relationEdits),
  links: fc.constantFrom(...relationEdits),
  check: fc.boolean(),
  pair: fc.boolean(),
})

function editedField(field: DrawnField, edit: (typeof fieldEdits)[number], other: DrawnField): DrawnField | undefined {
  switch (edit) {
    case "remove":
      return undefined
    case "rename":
      return normal({
        ...field,
        name: `${field.name}New`,
        was: field.name,
        // A rename is nothing else; digits are part of the type.
        bound: field.type === "decimal" ? field.bound : other.bound,
        optional: field.optional || other.optional,
      })
    case "retype":
      // What does not convert becomes empty or the default.
      return normal({ ...field, type: other.type, bound: other.bound, unique: false, optional: !field.hasDefault })
    case "optional":
      // Without a default, empty ones would stop the migration.
      return normal({ ...field, optional: !field.optional, hasDefault: field.optional ? true : field.hasDefault })
    case "default":
      return normal({ ...field, hasDefault: !field.hasDefault })
    case "bound":
      return normal({ ...field, bound: other.bound })
    case "index":
      return normal({ ...field, index: !field.index })
    case "unique":
      return normal({ ...field, unique: !field.unique })
    case "keep":
      return field
  }
}

function editedModel(old: DrawnModel, change: Edits): DrawnModel | undefined {
  if (change.model === "remove") return undefined
  const fields = old.fields.flatMap(
    (field, i) => editedField(field, change.fields[i]?.edit ?? "keep", change.fields[i]?.other ?? field) ?? [],
  )
  if (change.added !== undefined || fields.length === 0) {
    const added = change.added ?? { ...(change.fields[0] as Edits["fields"][number]).other, name: "added" }
    fields.push(normal({ ...added, unique: false, optional: added.optional || !added.hasDefault }))
  }
  const { refersTo, links, check, ...rest } = old
  const reference =
    refersTo === undefined || change.reference === "remove"
      ? undefined
      : change.reference === "rename"
        ? { ...refersTo, name: "keeper", was: refersTo.name }
        : change.reference === "change"
          ? { ...refersTo, onDelete: refersTo.onDelete === "cascade" ? ("clear" as const) : ("cascade" as const) }
          : refersTo
  const linked =
    links === undefined || change.links === "remove"
      ? undefined
      : change.links === "rename"
        ? { ...links, name: "mates", was: links.name }
        : links
  const checked = change.check ? fields.find(({ was, name }) => name === check || was === check)?.name : undefined
  return {
    ...rest,
    ...(change.model === "rename" ? { name: `${old.name}Next`, was: old.name } : {}),
    ...(change.model === "plural" ? { plural: `${old.name.toLowerCase()}Herd` } : {}),
    archive: change.model === "archive" ? !old.archive : old.archive,
    fields,
    pair: change.pair,
    ...(reference === undefined ? {} : { refersTo: reference }),
    ...(linked === undefined ? {} : { links: linked }),
    ...(checked === undefined ? {} : { check: checked }),
  }
}

/** A release and the next one. Models keep their places, so that references find them. */
export const releases: fc.Arbitrary<readonly [Drawn, Drawn]> = drawn.chain((old) =>
  fc.array(edits, { minLength: old.length + 1, maxLength: old.length + 1 }).chain((changes) =>
    fc.boolean().chain((isMore) =>
      modelOf("Dog", 1).map((dog): readonly [Drawn, Drawn] => {
        const edited = old.map((each, i) => editedModel(each, changes[i] as Edits))
        const places = edited.map((each, i) => (each === undefined ? -1 : edited.slice(0, i).filter(Boolean).length))
        const next = edited.flatMap((each) => {
          if (each === undefined) return []
          const { refersTo, links, ...rest } = each
          return [
            {
              ...rest,
              ...(refersTo !== undefined && (places[refersTo.place] ?? -1) >= 0
                ? { refersTo: { ...refersTo, place: places[refersTo.place] ?? 0 } }
                : {}),
              ...(links !== undefined && (places[links.place] ?? -1) >= 0
                ? { links: { ...links, place: places[links.place] ?? 0 } }
                : {}),
            },
          ]
        })
        return [
          old,
          isMore || next.length === 0
            ? [...next, { ...dog, refersTo: { name: "master", place: 0, onDelete: "restrict" } }]
            : next,
        ]
      }),
    ),
  ),
)

export const choices = (bound: number): readonly string[] =>
  ["red", "green", "blue", "black", "white", "grey"].slice(0, 2 + (bound % 5))
export const lengthOf = (bound: number): number => 40 + bound * 10
const scaleOf = (bound: number): number => bound % 4
const precisionOf = (bound: number): number => 16 + bound

function builder(field: DrawnField) {
  const { type, bound, hasDefault } = field
  const made = {
    text: () =>
      hasDefault
        ? text({ maxLength: lengthOf(bound) }).default('it\'s a "default"')
        : text({ maxLength: lengthOf(bound) }),
    longText: () => (hasDefault ? longText().default("long; text") : longText()),
    integer: () => {
      const plain = bound < 5 ? integer() : integer({ min: -bound, max: 1_000 + bound })
      return hasDefault ? plain.default(bound) : plain
    },
    bigint: () => (hasDefault ? bigint().default("7") : bigint()),
    decimal: () => {
      const plain = decimal({ scale: scaleOf(bound), precision: precisionOf(bound) })
      return hasDefault ? plain.default("1.5") : plain
    },
    bool: () => (hasDefault ? bool().default(true) : bool()),
    date: () => (hasDefault ? date().default("2024-02-29") : date()),
    datetime: () => (hasDefault ? datetime().default("2024-02-29T12:00:00.000Z") : datetime()),
    choice: () => (hasDefault ? choice(...choices(bound)).default("red") : choice(...choices(bound))),
    uuid: () => (hasDefault ? uuid().default("018f5b6e-0000-7000-8000-000000000000") : uuid()),
    json: () => (hasDefault ? json().default({ a: [1, "b"] }) : json()),
  }[type]() as ReturnType<typeof text>
  let result = made
  if (field.unique) result = result.unique()
  if (field.index) result = result.index()
  if (field.was !== undefined) result = result.was(field.was)
  return field.optional ? result.optional() : result
}

/** That every row satisfies, whatever its type. */
const checkOf = (field: DrawnField): object =>
  field.type === "integer" || field.type === "bigint" || field.type === "decimal"
    ? { or: [{ [field.name]: { isSet: false } }, { [field.name]: { gte: field.type === "integer" ? -100 : "-100" } }] }
    : { or: [{ [field.name]: { isSet: false } }, { [field.name]: { isSet: true } }] }

export function contractOf(models: Drawn): ContractDefinition {
  const made = models.map((each) => {
    const members = each.fields.map((field) => [field.name, builder(field)] as const)
    const { refersTo, links } = each
    const target = (place: number): string => `zoo.${models[place]?.name}`
    const reference = refersTo && one(target(refersTo.place), { onDelete: refersTo.onDelete }).optional()
    const relation = links && manyToMany(target(links.place))
    const checked = each.fields.find(({ name }) => name === each.check)
    const paired = each.fields.filter(({ type }) => !unindexed.has(type)).slice(0, 2)
    return [
      each.name,
      model(
        {
          ...Object.fromEntries(members),
          ...(reference
            ? { [refersTo.name]: refersTo.was === undefined ? reference : reference.was(refersTo.was) }
            : {}),
          ...(relation ? { [links.name]: links.was === undefined ? relation : relation.was(links.was) } : {}),
        },
        {
          archive: each.archive,
          ...(each.was === undefined ? {} : { was: each.was }),
          ...(each.plural === undefined ? {} : { plural: each.plural }),
          ...(checked ? { checks: { plausible: checkOf(checked) } } : {}),
          ...(each.pair && paired.length > 0
            ? { index: [paired.map(({ name }, i) => (i === 0 ? name : `-${name}`))] }
            : {}),
        } as object,
      ),
    ] as const
  })
  return contract("zoo", { roles: [], models: Object.fromEntries(made) }).definition
}

export const catalogOf = (models: Drawn) => resolveCatalog([identity.definition, contractOf(models)])
