/**
 * What a contract is at run time: plain data that survives `JSON.stringify`. The builders in `fields.ts`,
 * `relations.ts` and `model.ts` make it; everything else reads it.
 *
 * @module
 */

/** The type of a field, as the builder that makes it is called. */
export type FieldType =
  | "text"
  | "longText"
  | "html"
  | "email"
  | "phone"
  | "url"
  | "uuid"
  | "integer"
  | "bigint"
  | "decimal"
  | "money"
  | "bool"
  | "date"
  | "datetime"
  | "choice"
  | "states"
  | "sequence"
  | "json"
  | "file"
  | "image"

/** Who gives a field its value: clients, logic as a default they may override, logic alone, or the framework. */
export type WrittenBy = "client" | "suggestion" | "compute" | "framework"

/** What a value means to people, apart from its words; a user interface gives each its look. */
export type Tone = "neutral" | "info" | "success" | "warning" | "danger" | "accent"

/** One way between states. Values of `input` with the name of a field are written into it. */
export interface TransitionDefinition {
  readonly from: readonly string[]
  readonly to: string
  readonly input?: Readonly<Record<string, FieldDefinition | OneDefinition>>
  readonly label?: string
  /** Name of the event that tells of it; the target state when left out. */
  readonly event?: string
}

/** A field as data; required unless `optional`. */
export interface FieldDefinition {
  readonly kind: "field"
  readonly type: FieldType
  readonly writtenBy: WrittenBy
  readonly optional?: true
  /** A constant, or "now", "today", "me" where the type gives that word a meaning (`datetime`, `date`, `one`). */
  readonly default?: string | number | boolean | null
  readonly unique?: true
  readonly index?: true
  readonly tracked?: true
  readonly label?: string
  readonly help?: string
  readonly column?: string
  /** The column's own type in an adopted table, as PostgreSQL writes it, where it is not the field's: "real", "order_status". */
  readonly columnType?: string
  /** The column's default gives the value where nobody does; "always" where nobody else may. */
  readonly generated?: true | "always"
  /** Its name in earlier contracts. */
  readonly was?: string
  /** Digits after the point of `decimal` and `money`. */
  readonly scale?: number
  /** All digits of `decimal` and `money`. */
  readonly precision?: number
  /** ISO 4217 code of `money`. */
  readonly currency?: string
  readonly min?: number | string
  readonly max?: number | string
  readonly maxLength?: number
  /** The values of `choice` and `states`. */
  readonly values?: readonly string[]
  /** Of `values`; what is left out follows from names and positions. */
  readonly tones?: Readonly<Record<string, Tone>>
  readonly transitions?: Readonly<Record<string, TransitionDefinition>>
  /** Pattern of `sequence`: text with `{yyyy}`, `{mm}` and one run of zeros `{00000}`. */
  readonly pattern?: string
  readonly gapless?: true
  /** The date field that decides a sequence's period; the day of creation when left out. */
  readonly period?: string
  /** The transition that assigns a sequence's number; creation when left out. */
  readonly assignedOn?: string
}

/** A reference as data. */
export interface OneDefinition {
  readonly kind: "one"
  /** "service.Model". */
  readonly to: string
  readonly writtenBy: WrittenBy
  readonly onDelete: "restrict" | "cascade" | "clear"
  readonly optional?: true
  readonly default?: "me"
  readonly unique?: true
  readonly tracked?: true
  readonly label?: string
  readonly help?: string
  readonly column?: string
  /** Of a target whose key has several columns: one for each, in its order. */
  readonly columns?: readonly string[]
  readonly was?: string
}

/** The inverse of a reference as data; has no column. */
export interface ManyDefinition {
  readonly kind: "many"
  readonly to: string
  /** The to-one field of the target that points here. */
  readonly by: string
  readonly owned?: true
  readonly label?: string
  readonly help?: string
}

/** Links as data; their table belongs to the side without `inverse`. */
export interface ManyToManyDefinition {
  readonly kind: "manyToMany"
  readonly to: string
  /** The many-to-many field of the target whose link table this is; without it, this side declares the table. */
  readonly inverse?: string
  readonly label?: string
  readonly help?: string
  readonly was?: string
  readonly through?: LinkTableDefinition
}

/** A link table that was there before. */
export interface LinkTableDefinition {
  readonly table: string
  /** The columns that refer to the declaring side, in the order of its key. */
  readonly own: readonly string[]
  /** Those that refer to the target. */
  readonly target: readonly string[]
}

/** What a model is made of. */
export type MemberDefinition = FieldDefinition | OneDefinition | ManyDefinition | ManyToManyDefinition

/** An action as data: what it takes and what it answers, by name. */
export interface ActionDefinition {
  readonly input: Readonly<Record<string, FieldDefinition | OneDefinition>>
  readonly output: Readonly<Record<string, FieldDefinition | OneDefinition>>
  readonly label?: string
}

/** What the framework writes of every record, besides its id. */
export type AutomaticField = "version" | "createdAt" | "createdBy" | "updatedAt" | "updatedBy"

/** A model as data, without the members that every record has. */
export interface ModelDefinition {
  readonly members: Readonly<Record<string, MemberDefinition>>
  readonly actions: Readonly<Record<string, ActionDefinition>>
  readonly plural?: string
  readonly label?: string
  readonly table?: string
  /** The schema of an adopted table, where it is not the one that names are looked up in. */
  readonly schema?: string
  /** The members that the primary key of an adopted table consists of, where it is no field `id`. */
  readonly key?: readonly string[]
  /** The columns of an adopted table that the framework writes, by the automatic field. */
  readonly automatic?: Readonly<Partial<Record<AutomaticField, string>>>
  /** A view of the database: read and never written. */
  readonly view?: true
  /** Its name in earlier contracts, without the service. */
  readonly was?: string
  /** The field shown as the record's name. */
  readonly title?: string
  /** The text fields that a search looks into; those that identify a record when left out. */
  readonly search?: readonly string[]
  /** Whether a reference shows the title also to those who may not read the record. */
  readonly publicTitle?: true
  readonly archive?: true
  readonly externalId?: true
  /** False where nobody comments on records nor attaches files to them. */
  readonly discussion?: false
  /** The field with the key of the company that a record belongs to. */
  readonly company?: string
  /** Whether a record of no company belongs to all. */
  readonly sharedWhenNull?: true
  readonly unique: readonly (readonly string[])[]
  /** Each a list of fields; "-name" is descending. */
  readonly indexes: readonly (readonly string[])[]
  /** Conditions over the record's own fields that every row satisfies, by error code. */
  readonly checks: Readonly<Record<string, object>>
}

/** A contract as data: what `contract(…).definition` holds. */
export interface ContractDefinition {
  readonly name: string
  /** Of the release that it was exported with; none where it is the service's own source. */
  readonly version?: string
  readonly roles: readonly string[]
  readonly models: Readonly<Record<string, ModelDefinition>>
}
