/**
 * Models over tables that were there before.
 *
 * @module
 */
import type { ColumnMember, ResolvedModel } from "./catalog.ts"
import type { AutomaticField, FieldDefinition, MemberDefinition, ModelDefinition, OneDefinition } from "./definition.ts"
import { type KeyPart, keyTypeOf, keyValues } from "./key.ts"

/** How a member lies in an adopted table, where that is not one column of the member's own type. */
export type StoredAs =
  /** The columns of a key: the id of a record, or of the one that is referred to. */
  | { readonly kind: "key"; readonly parts: readonly KeyPart[] }
  /** Nowhere: the number of the transaction that last wrote the row stands for it. */
  | { readonly kind: "transaction" }
  /** One column of this type of PostgreSQL. */
  | { readonly kind: "type"; readonly type: string }

/** Whether a model stands on a table that was there before: it then says itself what identifies its rows. */
export const isAdopted = (definition: ModelDefinition): boolean =>
  definition.key !== undefined || (definition.table !== undefined && Object.hasOwn(definition.members, "id"))

/** The members of a model with those that it has without saying so. `auto` makes these. */
export function membersOf(
  definition: ModelDefinition,
  auto: Readonly<Record<AutomaticField, FieldDefinition | OneDefinition>>,
  id: FieldDefinition,
): Record<string, MemberDefinition> {
  if (!isAdopted(definition)) return { id, ...definition.members, ...auto }
  const own = definition.automatic ?? {}
  const automatic: Record<string, MemberDefinition> = {}
  for (const name of Object.keys(auto) as AutomaticField[]) {
    const column = own[name]
    if (column !== undefined) automatic[name] = { ...auto[name], column }
    else if (name === "version" && !definition.view) automatic[name] = auto.version
  }
  const { id: declared, ...members } = definition.members
  return { id: declared ?? { ...id, type: "text" }, ...members, ...automatic }
}

type Draft<T> = { -readonly [K in keyof T]: T[K] }

/** Parts that more than one member has are written by the one that has them alone. */
function shared(model: ResolvedModel, member: ColumnMember, parts: readonly KeyPart[]): readonly KeyPart[] {
  if (parts.length === 1) return parts
  const alone = new Map<string, string>()
  for (const other of model.columns) {
    const isAlone = other !== member && other.stored?.kind !== "transaction" && columnsOf(other).length === 1
    if (isAlone) alone.set(other.columnName, other.name)
  }
  return parts.map((part) => {
    const by = alone.get(part.column)
    return by === undefined ? part : { ...part, sharedWith: by }
  })
}

const columnsOf = (member: ColumnMember): readonly string[] =>
  member.kind === "one" && member.columns ? member.columns : [member.columnName]

class KeyResolver {
  readonly #definitions: (model: ResolvedModel) => ModelDefinition | undefined
  readonly #mistakes: string[]
  readonly #known = new Map<ResolvedModel, readonly KeyPart[]>()
  readonly #open = new Set<ResolvedModel>()

  constructor(definitions: (model: ResolvedModel) => ModelDefinition | undefined, mistakes: string[]) {
    this.#definitions = definitions
    this.#mistakes = mistakes
  }

  of(model: ResolvedModel): readonly KeyPart[] {
    const known = this.#known.get(model)
    if (known) return known
    if (this.#open.has(model)) {
      this.#mistakes.push(`${model.name}: its key leads back to itself.`)
      return []
    }
    this.#open.add(model)
    const found = this.#find(model)
    this.#open.delete(model)
    this.#known.set(model, found)
    return found
  }

  /** The columns of a member as parts of a key. */
  parts(member: ColumnMember): readonly KeyPart[] | undefined {
    if (member.kind === "one") {
      const target = this.of(member.target)
      const columns = columnsOf(member)
      if (!member.local && target.length > 1) return [{ column: member.columnName, type: "text" }]
      if (columns.length !== target.length) {
        this.#mistakes.push(
          `${member.model.name}.${member.name} has ${columns.length} column(s), and the key of ${member.to} has ${target.length}: name one for each with \`.column(…)\`.`,
        )
        return undefined
      }
      return target.map(({ type, columnType }, index) => ({
        column: columns[index] as string,
        type,
        ...(columnType === undefined ? {} : { columnType }),
      }))
    }
    const type = keyTypeOf(member)
    if (type === undefined) return undefined
    return [
      {
        column: member.columnName,
        type,
        ...(member.columnType === undefined ? {} : { columnType: member.columnType }),
      },
    ]
  }

  #find(model: ResolvedModel): readonly KeyPart[] {
    const names = this.#definitions(model)?.key ?? ["id"]
    return names.flatMap((name) => {
      const member = model.members.get(name)
      const parts =
        member?.kind === "field" || member?.kind === "one"
          ? member.optional
            ? undefined
            : this.parts(member)
          : undefined
      if (!parts)
        this.#mistakes.push(
          `${model.name}: its key names "${name}", which is no required text, whole number, UUID, day or reference.`,
        )
      return parts ?? []
    })
  }
}

/** Says of every model what identifies its rows, and of every column of adopted tables how it is stored. */
export function resolveKeys(
  models: readonly Draft<ResolvedModel>[],
  definitions: (model: ResolvedModel) => ModelDefinition | undefined,
  mistakes: string[],
): void {
  const resolver = new KeyResolver(definitions, mistakes)
  for (const model of models) model.key = resolver.of(model)
  for (const model of models) {
    const definition = definitions(model)
    model.keyMembers = (definition?.key ?? ["id"]).flatMap((name) => {
      const member = model.members.get(name)
      return member?.kind === "field" || member?.kind === "one" ? [member] : []
    })
    for (const member of model.columns as Draft<ColumnMember>[]) {
      const stored = storedAs(member, model, definition, resolver)
      if (stored) member.stored = stored
      // No column of the table can have this name by chance: what is no plain column is selected under it.
      if (
        stored?.kind === "transaction" ||
        (stored?.kind === "key" && (stored.parts.length > 1 || member.name === "id"))
      )
        member.columnName = `$${member.name}`
    }
    for (const member of model.columns) {
      if (member.stored?.kind !== "key" || member.name === "id") continue
      ;(member as Draft<ColumnMember>).stored = { kind: "key", parts: shared(model, member, member.stored.parts) }
    }
  }
}

function storedAs(
  member: ColumnMember,
  model: ResolvedModel,
  definition: ModelDefinition | undefined,
  resolver: KeyResolver,
): StoredAs | undefined {
  if (member.kind === "one") {
    const parts = resolver.parts(member) ?? []
    return parts.length === 1 && parts[0]?.type === "uuid" ? undefined : { kind: "key", parts }
  }
  if (member.name === "id" && definition?.key !== undefined) return { kind: "key", parts: model.key }
  const isUnstored = model.adopted && member.name === "version" && member.writtenBy === "framework" && !member.column
  if (isUnstored) return { kind: "transaction" }
  return member.columnType === undefined ? undefined : { kind: "type", type: member.columnType }
}

/** Whether a member identifies the rows of an adopted table: it is given when a record is made, and does not change. */
export const isFixed = (member: ColumnMember): boolean =>
  member.model.adopted && member.model.keyMembers.includes(member)

/** A member of an adopted model whose value is that of the transaction, or of other members: it is never written. */
export const isDerived = (member: ColumnMember): boolean =>
  member.stored?.kind === "transaction" || (member.stored?.kind === "key" && member.name === "id")

/** What a reference says of the fields that it shares columns with, by their names. */
export function sharedValues(member: ColumnMember, id: string): Readonly<Record<string, string | number>> {
  const values: Record<string, string | number> = {}
  if (member.kind !== "one" || member.stored?.kind !== "key") return values
  const { parts } = member.stored
  const texts = keyValues(id, parts.length)
  // Of a draft's record, which has no key yet.
  if (texts.length !== parts.length) return values
  for (const [index, { sharedWith }] of parts.entries()) {
    if (sharedWith === undefined) continue
    const other = member.model.members.get(sharedWith)
    const text = texts[index] as string
    values[sharedWith] = other?.kind === "field" && other.type === "integer" ? Number(text) : text
  }
  return values
}
