import type {
  ActionDefinition,
  ContractDefinition,
  FieldDefinition,
  ManyDefinition,
  ManyToManyDefinition,
  ModelDefinition,
  OneDefinition,
} from "./definition.ts"
import { isAdopted, membersOf, resolveKeys, type StoredAs } from "./adopted.ts"
import type { KeyPart } from "./key.ts"
import { collectionName, snakeCase } from "./naming.ts"

/** A field of a resolved model, with its name and column. */
export interface FieldMember extends FieldDefinition {
  readonly name: string
  readonly columnName: string
  readonly model: ResolvedModel
  readonly stored?: StoredAs
}

/** A to-one reference with its target resolved. */
export interface OneMember extends OneDefinition {
  readonly name: string
  readonly columnName: string
  readonly model: ResolvedModel
  readonly target: ResolvedModel
  /** Whether the target is in the same service: a foreign key, and a join; else an id and a call. */
  readonly local: boolean
  readonly stored?: StoredAs
}

/** The inverse of a to-one reference. */
export interface ManyMember extends ManyDefinition {
  readonly name: string
  readonly model: ResolvedModel
  readonly target: ResolvedModel
  readonly inverse: OneMember
  readonly local: boolean
}

/** A many-to-many relation with its link table, seen from this side. */
export interface ManyToManyMember extends ManyToManyDefinition {
  readonly name: string
  readonly model: ResolvedModel
  readonly target: ResolvedModel
  readonly local: boolean
  /** Whether links are written here, or only read (the other side declares them). */
  readonly declaring: boolean
  readonly linkTable: string
  /** Columns of the link table with this side's key, in its order. */
  readonly ownColumns: readonly string[]
  /** Columns of the link table with the target's key. */
  readonly targetColumns: readonly string[]
}

/** A field or relation with its names resolved. */
export type Member = FieldMember | OneMember | ManyMember | ManyToManyMember
/** A member with a column of its own. */
export type ColumnMember = FieldMember | OneMember
/** A relation to many records; it has no column of its own. */
export type ListMember = ManyMember | ManyToManyMember

/** A model with all names resolved to what they mean. */
export interface ResolvedModel {
  /** "sales.Order". */
  readonly name: string
  readonly service: string
  /** "Order". */
  readonly localName: string
  readonly label: string | undefined
  /** Last part of the URL, kebab-case plural: "order-lines". */
  readonly collection: string
  /** "order_lines". */
  readonly table: string
  /** The schema of the table, where it is not the one in which names are looked up. */
  readonly schema?: string
  /** Whether the table was there before: it is never made or altered where others are, and has its own key. */
  readonly adopted: boolean
  /** Whether records are never written: the table is a view. */
  readonly readOnly: boolean
  /** The columns that identify a row, in order; the values of an id. */
  readonly key: readonly KeyPart[]
  /** The members that these columns are of. */
  readonly keyMembers: readonly ColumnMember[]
  /** The field shown as the record's name; "id" if the model has no text. */
  readonly title: string
  readonly publicTitle: boolean
  /** The text fields that a search looks into, in the order of `columns`. */
  readonly search: readonly FieldMember[]
  readonly archive: boolean
  /** Whether people comment on its records and attach files to them. */
  readonly discussion: boolean
  /** Own and automatic members, in this order: id, own members as declared, then version, createdAt, createdBy, updatedAt, updatedBy. */
  readonly members: ReadonlyMap<string, Member>
  /** The members with a column, in the order of `members`. */
  readonly columns: readonly ColumnMember[]
  readonly lists: readonly ListMember[]
  readonly actions: ReadonlyMap<string, ActionDefinition>
  /** Unique keys by the names of their fields: single fields and compounds. */
  readonly unique: readonly (readonly string[])[]
  readonly indexes: readonly (readonly string[])[]
  /** Conditions that every row satisfies (as `Where` JSON), by error code. */
  readonly checks: Readonly<Record<string, object>>
  /** The column that says whose a record is, where records belong to companies. */
  readonly company: { readonly member: ColumnMember; readonly sharedWhenNull: boolean } | undefined
  /** For owned lines: the parent's list that owns this model. */
  readonly owner: ManyMember | undefined
  /** Of what a service keeps of another's records: the model that its mirror is of. */
  readonly mirror?: string
}

/** All known contracts, resolved. */
export interface Catalog {
  readonly models: ReadonlyMap<string, ResolvedModel>
  readonly contracts: ReadonlyMap<string, ContractDefinition>
}

/** Something a contract or logic says that cannot be: found when the program starts, and all of it at once. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError"
  readonly mistakes: readonly string[]
  constructor(mistakes: readonly string[]) {
    super(`The contracts do not fit together:\n${mistakes.map((m) => `  - ${m}`).join("\n")}`)
    this.mistakes = mistakes
  }
}

const auto = (type: FieldDefinition["type"], extra: Partial<FieldDefinition> = {}): FieldDefinition => ({
  kind: "field",
  type,
  writtenBy: "framework",
  ...extra,
})
const autoUser: OneDefinition = {
  kind: "one",
  to: "identity.User",
  writtenBy: "framework",
  onDelete: "restrict",
  optional: true,
}

const automaticFields = {
  version: auto("integer"),
  createdAt: auto("datetime"),
  createdBy: autoUser,
  updatedAt: auto("datetime"),
  updatedBy: autoUser,
} as const

/** What every record has without its contract saying so, besides what its options add. */
export const automaticNames: readonly string[] = ["id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy"]

/** What can be asked of every record without its contract saying so. */
const reservedVerbs: readonly string[] = ["explain", "history", "comments", "attachments"]

const verbsOf = ({ columns, actions }: Pick<ResolvedModel, "columns" | "actions">): readonly string[] => [
  ...columns.flatMap((member) => (member.kind === "field" ? Object.keys(member.transitions ?? {}) : [])),
  ...actions.keys(),
]

/** Names that the grammar of queries uses, and so no field may have. */
export const reservedNames: readonly string[] = [
  "select",
  "where",
  "orderBy",
  "limit",
  "after",
  "before",
  "last",
  "count",
  "group",
  "aggregates",
  "search",
  "archived",
  "and",
  "or",
  "not",
  "some",
  "none",
  "eq",
  "in",
  "lt",
  "lte",
  "gt",
  "gte",
  "contains",
  "startsWith",
  "isSet",
]

const SEARCHABLE: ReadonlySet<string> = new Set(["text", "longText", "email", "phone", "sequence"])
const IDENTIFYING: ReadonlySet<string> = new Set(["email", "phone", "sequence"])

/** The named text fields, or those that identify a record: others change often, and each change would rewrite the index. */
function searchedFields(model: ResolvedModel, named: readonly string[] | undefined): readonly FieldMember[] {
  const keys = new Set([...model.unique, ...model.indexes].flatMap((key) => (key.length === 1 ? key : [])))
  const identifies = (field: FieldMember): boolean =>
    IDENTIFYING.has(field.type) ||
    field.name === model.title ||
    field.index === true ||
    keys.has(field.name) ||
    keys.has(`-${field.name}`)
  return model.columns.filter(
    (member): member is FieldMember =>
      member.kind === "field" &&
      SEARCHABLE.has(member.type) &&
      (named ? named.includes(member.name) : identifies(member)),
  )
}

const COMPANY_KEYS: ReadonlySet<string> = new Set(["text", "uuid", "choice", "integer", "bigint"])

function companyOf(
  model: ResolvedModel,
  definition: ModelDefinition | undefined,
  mistakes: string[],
): ResolvedModel["company"] {
  if (definition?.company === undefined) {
    if (definition?.sharedWhenNull)
      mistakes.push(`${model.name} says \`sharedWhenNull\`, but no \`company\` that could be empty.`)
    return undefined
  }
  const member = model.members.get(definition.company)
  const isKey = member?.kind === "one" || (member?.kind === "field" && COMPANY_KEYS.has(member.type))
  if (!isKey) {
    mistakes.push(`${model.name}: its company "${definition.company}" is no reference, and no field that holds a key.`)
    return undefined
  }
  return { member, sharedWhenNull: definition.sharedWhenNull ?? false }
}

/** What an adopted table cannot have, and what only such a table can. */
function adoptionMistakes({ name, adopted }: ResolvedModel, definition: ModelDefinition): string[] {
  const ownKey = "their own key (`key`, or `table` and a field `id`)"
  if (!adopted) {
    const { schema, automatic, view } = definition
    const isNamed = schema !== undefined || automatic !== undefined || view !== undefined
    return isNamed ? [`${name}: \`schema\`, \`automatic\` and \`view\` are for tables with ${ownKey}.`] : []
  }
  const mistakes: string[] = []
  if (definition.archive || definition.externalId)
    mistakes.push(`${name}: \`archive\` and \`externalId\` add columns, and its table was there before.`)
  if (definition.key !== undefined && Object.hasOwn(definition.members, "id"))
    mistakes.push(`${name} has a field \`id\` and a \`key\`: one of them says what identifies its rows.`)
  const id = definition.members["id"]
  if (id && !(id.kind === "field" && ["text", "bigint", "uuid"].includes(id.type)))
    mistakes.push(`${name}.id: ids are texts on the wire, so it is text(), bigint() or uuid().`)
  for (const field of Object.keys(definition.automatic ?? {})) {
    if (Object.hasOwn(definition.members, field)) mistakes.push(`${name}.${field} is automatic, and declared as well.`)
  }
  return mistakes
}

type Draft<T> = { -readonly [K in keyof T]: T[K] }

/**
 * Resolves names to models, relations to their inverses, and everything to its table and column.
 *
 * @throws DefinitionError naming every unknown target, wrong inverse, reserved name and duplicate collection.
 */
export function resolveCatalog(contracts: Iterable<ContractDefinition>): Catalog {
  const byService = new Map([...contracts].map((c) => [c.name, c]))
  const mistakes: string[] = []
  const models = new Map<string, ResolvedModel>()
  const drafts: Draft<ResolvedModel>[] = []

  for (const contract of byService.values()) {
    const collections = new Map<string, string>()
    for (const [localName, definition] of Object.entries(contract.models)) {
      const name = `${contract.name}.${localName}`
      const plural = collectionName(localName, definition.plural)
      const taken = collections.get(plural)
      if (taken)
        mistakes.push(`${name} and ${taken} have the same collection "${plural}": give one of them a \`plural\`.`)
      collections.set(plural, name)
      const titleField =
        definition.title ??
        Object.entries(definition.members).find(
          ([, m]) => m.kind === "field" && (m.type === "text" || m.type === "sequence"),
        )?.[0] ??
        "id"
      const draft: Draft<ResolvedModel> = {
        name,
        service: contract.name,
        localName,
        label: definition.label,
        collection: plural,
        table: definition.table ?? snakeCase(plural),
        ...(definition.schema === undefined ? {} : { schema: definition.schema }),
        adopted: isAdopted(definition),
        readOnly: definition.view ?? false,
        key: [],
        keyMembers: [],
        title: titleField,
        publicTitle: definition.publicTitle ?? false,
        search: [],
        archive: definition.archive ?? false,
        discussion: definition.discussion ?? !isAdopted(definition),
        members: new Map(),
        columns: [],
        lists: [],
        actions: new Map(Object.entries(definition.actions)),
        unique: [],
        indexes: definition.indexes,
        checks: definition.checks,
        company: undefined,
        owner: undefined,
      }
      drafts.push(draft)
      models.set(name, draft)
    }
  }

  for (const draft of drafts) {
    const definition = byService.get(draft.service)?.models[draft.localName]
    if (!definition) continue
    const all = membersOf(definition, automaticFields, auto("uuid"))
    mistakes.push(...adoptionMistakes(draft, definition))
    const members = draft.members as Map<string, Member>
    for (const [name, member] of Object.entries(all)) {
      const at = `${draft.name}.${name}`
      if (reservedNames.includes(name))
        mistakes.push(`${at}: "${name}" is a word of the query language; choose another name.`)
      if (!/^[a-z][A-Za-z0-9]{0,50}$/.test(name))
        mistakes.push(`${at}: a member's name is camelCase, letters and digits, at most 51 characters.`)
      if (name in definition.members && automaticNames.includes(name) && !draft.adopted) {
        mistakes.push(`${at}: every record has "${name}" already; leave it out.`)
      }
      if (member.kind === "field") {
        members.set(name, { ...member, name, columnName: member.column ?? snakeCase(name), model: draft })
        continue
      }
      const target = models.get(member.to)
      if (!target) {
        mistakes.push(
          `${at} refers to "${member.to}", which no known contract declares: check the name, or import that contract.`,
        )
        continue
      }
      const local = target.service === draft.service
      if (member.kind === "one") {
        members.set(name, {
          ...member,
          name,
          columnName: member.column ?? member.columns?.[0] ?? `${snakeCase(name)}_id`,
          model: draft,
          target,
          local,
        })
      } else if (member.kind === "manyToMany") {
        if (!local) mistakes.push(`${at}: a many-to-many relation stays in one service; "${member.to}" is in another.`)
        const declaring = member.inverse === undefined
        const declaringModel = declaring ? draft : target
        const other = member.inverse
          ? byService.get(target.service)?.models[target.localName]?.members[member.inverse]
          : member
        const through = other?.kind === "manyToMany" ? other.through : undefined
        const linkTable = through?.table ?? `${declaringModel.table}__${snakeCase(member.inverse ?? name)}`
        const [own, others] = [through?.own ?? ["source_id"], through?.target ?? ["target_id"]]
        members.set(name, {
          ...member,
          name,
          model: draft,
          target,
          local,
          declaring,
          linkTable,
          ownColumns: declaring ? own : others,
          targetColumns: declaring ? others : own,
        })
      } else {
        members.set(name, { ...member, name, model: draft, target, local, inverse: undefined as never })
      }
    }
  }

  for (const draft of drafts)
    draft.columns = [...draft.members.values()].filter((m): m is ColumnMember => m.kind === "field" || m.kind === "one")
  resolveKeys(drafts, ({ service, localName }) => byService.get(service)?.models[localName], mistakes)
  for (const draft of drafts) {
    for (const member of draft.members.values()) {
      const at = `${draft.name}.${member.name}`
      if (member.kind === "many") {
        const inverse = member.target.members.get(member.by)
        if (inverse?.kind !== "one" || inverse.target !== draft) {
          mistakes.push(`${at}: ${member.to} has no to-one field "${member.by}" that refers to ${draft.name}.`)
          continue
        }
        ;(member as Draft<ManyMember>).inverse = inverse
        if (member.owned) {
          if (!member.local) mistakes.push(`${at}: owned lines belong to the same service.`)
          if (member.target.owner)
            mistakes.push(`${at}: ${member.to} is owned by ${member.target.owner.model.name} already.`)
          ;(member.target as Draft<ResolvedModel>).owner = member
          ;(member.target as Draft<ResolvedModel>).discussion = false
        }
      }
      if (member.kind === "manyToMany" && member.inverse) {
        const other = member.target.members.get(member.inverse)
        if (other?.kind !== "manyToMany" || other.target !== draft || other.inverse) {
          mistakes.push(`${at}: ${member.to} declares no many-to-many field "${member.inverse}" to ${draft.name}.`)
        }
      }
      if (
        member.kind === "manyToMany" &&
        (member.ownColumns.length !== draft.key.length || member.targetColumns.length !== member.target.key.length)
      ) {
        mistakes.push(`${at}: its link table needs one column for each of the keys: name them with \`.through(…)\`.`)
      }
    }
    const { columns } = draft
    draft.lists = [...draft.members.values()].filter(
      (m): m is ListMember => m.kind === "many" || m.kind === "manyToMany",
    )
    const compound = byService.get(draft.service)?.models[draft.localName]?.unique ?? []
    draft.unique = [...columns.filter((m) => m.unique).map((m) => [m.name]), ...compound]
    for (const name of [...compound.flat(), ...draft.indexes.flat().map((n) => n.replace(/^-/, "")), draft.title]) {
      const member = draft.members.get(name)
      if (member?.kind !== "field" && member?.kind !== "one")
        mistakes.push(`${draft.name} has no column field "${name}" (unique, index or title).`)
    }
    for (const name of verbsOf(draft)) {
      if (reservedVerbs.includes(name))
        mistakes.push(`${draft.name}: every record has the verb "${name}" already; choose another name.`)
    }
    draft.company = companyOf(draft, byService.get(draft.service)?.models[draft.localName], mistakes)
    const searched = byService.get(draft.service)?.models[draft.localName]?.search
    draft.search = searchedFields(draft, searched)
    for (const name of searched ?? []) {
      if (!draft.search.some((field) => field.name === name))
        mistakes.push(`${draft.name} has no text field "${name}" to search.`)
    }
  }
  if (mistakes.length > 0) throw new DefinitionError(mistakes)
  return { models, contracts: byService }
}
