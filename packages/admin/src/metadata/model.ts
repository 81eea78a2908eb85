/**
 * What services publish of themselves, as it comes: `GET /api/$ui`, `/api/{service}/$ui` and `/api/{service}/{collection}/$ui`.
 * It is cut to what who asks can see and do, and only a hint: each request is decided anew.
 *
 * @module
 */

import type { FieldType, Tone } from "@archipel/core"

/** The services of the program, and the lists of records that refer to a model's records, by the models that were asked for. */
export interface UiProgram {
  readonly contract: number
  readonly services: readonly UiServiceEntry[]
  readonly related: Readonly<Record<string, readonly UiRelated[]>>
}

export interface UiServiceEntry {
  readonly service: string
  readonly title: string
  readonly ui: string
  /** Does not answer now. */
  readonly away?: true
  /** Answers, and lacks these. */
  readonly lacks?: readonly ("database" | "mirrors")[]
}

export interface UiRelated {
  readonly service: string
  readonly model: string
  readonly collection: string
  readonly field: string
  readonly label: string
  readonly title: string
  readonly plural: string
}

export interface UiService {
  readonly contract: number
  readonly service: string
  readonly title: string
  readonly models: readonly UiModelEntry[]
}

export interface UiModelEntry {
  /** "sales.Order" */
  readonly name: string
  readonly title: string
  readonly plural: string
  /** "/api/sales/orders" */
  readonly collection: string
  /** Belong to another record, and are shown with it. */
  readonly lines: boolean
  readonly read: boolean
  /** Whether words can be searched for. */
  readonly searchable?: boolean
}

/** A model's fields, rights and what can be done with its records. */
export interface UiModel {
  readonly contract: number
  readonly name: string
  readonly title: string
  readonly plural: string
  readonly collection: string
  /** The field that names a record. */
  readonly display?: string
  readonly archive: boolean
  /** Whether words can be searched for. Services of older releases do not say, nor what may be done with a record. */
  readonly searchable?: boolean
  /** Whether its records can be talked about, and who asks may. */
  readonly discussion?: { readonly comment: boolean; readonly attach: boolean }
  /** How its service wants it to be shown, where it says so. */
  readonly views?: {
    /** Paths of the columns. */
    readonly list?: readonly string[]
    readonly form?: { readonly sections: readonly { readonly title?: string; readonly fields: readonly string[] }[] }
  }
  readonly owner?: { readonly model: string; readonly field: string }
  readonly rights: {
    readonly read: boolean
    readonly create: boolean
    readonly update: boolean
    readonly delete: boolean
  }
  /** In the contract's order. */
  readonly fields: Readonly<Record<string, UiField>>
  readonly transitions: Readonly<Record<string, UiTransition>>
  readonly actions: Readonly<Record<string, UiAction>>
}

interface UiFieldCommon {
  readonly label: string
  readonly read: boolean
  readonly create: boolean
  readonly update: boolean
  /** Of a list there is none. */
  readonly required?: boolean
  /** Where nobody writes it by hand: "compute", "framework" and others. */
  readonly writtenBy?: string
  readonly optional?: boolean
  readonly default?: unknown
  readonly tracked?: boolean
  readonly unique?: boolean
}

export interface UiScalar extends UiFieldCommon {
  readonly type: FieldType
  /** What a value is to people beyond its type. An identifier is a name made of digits: it is neither grouped nor added up. */
  readonly semantic?: "email" | "phone" | "url" | "money" | "identifier"
  readonly scale?: number
  readonly precision?: number
  /** ISO 4217 */
  readonly currency?: string
  readonly min?: number | string
  readonly max?: number | string
  readonly maxLength?: number
  readonly values?: readonly string[]
  /** The values of a choice or of states, as their service calls and shows them. */
  readonly options?: readonly UiOption[]
}

export interface UiOption {
  readonly value: string
  readonly label: string
  readonly tone: Tone
}

/** A reference to one record, perhaps of another service. */
export interface UiOne extends UiFieldCommon {
  readonly type: "one"
  readonly to: string
  /** Where its records are; unknown where the contract of their service is. */
  readonly collection?: string
  readonly display?: string
  /** Of another service: the paths from its target that can be filtered, ordered and grouped by. */
  readonly mirrored?: readonly string[]
}

export interface UiMany extends UiFieldCommon {
  readonly type: "many" | "manyToMany"
  readonly to: string
  readonly collection: string
  readonly display?: string
  /** The reference on the other side. */
  readonly by?: string
  /** Written with the record. */
  readonly owned?: boolean
}

export type UiField = UiScalar | UiOne | UiMany

export interface UiTransition {
  readonly field: string
  readonly from: readonly string[]
  readonly to: string
  readonly label: string
  readonly input: Readonly<Record<string, UiInput>>
}

export interface UiAction {
  readonly label: string
  readonly input: Readonly<Record<string, UiInput>>
  readonly output: Readonly<Record<string, UiInput>>
}

/** What a transition or an action asks for. */
export type UiInput = Omit<UiScalar, "read" | "create" | "update"> | Omit<UiOne, "read" | "create" | "update">

export const isList = (field: UiField): field is UiMany => field.type === "many" || field.type === "manyToMany"
export const isOne = (field: UiField): field is UiOne => field.type === "one"

/** What the admin keeps for a person, and shows where it is used. */
const own: ReadonlySet<string> = new Set(["identity.Favourite", "identity.Setting"])

/** The models that have a place in menus: those that may be read and stand for themselves. */
export const shownModels = (models: readonly UiModelEntry[]): readonly UiModelEntry[] =>
  models.filter(({ read, lines, name }) => read && !lines && !own.has(name))

/** With more services than this they begin folded, and what is in one is asked for when it is opened. */
export const MANY_SERVICES = 12

/** Services that come with Archipel: for those who administer it, not for a department's day. */
const administrative: ReadonlySet<string> = new Set(["identity", "gateway"])
export const isAdministrative = ({ service }: UiServiceEntry): boolean => administrative.has(service)

/** Written by the framework on every record. */
export const automatic: ReadonlySet<string> = new Set([
  "id",
  "version",
  "createdAt",
  "createdBy",
  "updatedAt",
  "updatedBy",
  "archivedAt",
  "externalId",
])

/** "sales" of "/api/sales/orders", and "orders". */
export function partsOf(collection: string): { readonly service: string; readonly name: string } {
  const [, , service = "", name = ""] = collection.split("/")
  return { service, name }
}

export const collectionOf = (service: string, name: string): string => `/api/${service}/${name}`
