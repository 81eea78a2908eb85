import type { Decimal } from "./decimal.ts"
import type { FieldDefinition, FieldType, Tone, TransitionDefinition } from "./definition.ts"

/** What clients do on create: must give it, may give it, may not. */
export type Input = "required" | "optional" | "never"

/**
 * A field of a model. `V` is its value in code, `Null` whether it may be empty, `In` what clients write.
 * Required unless `.optional()`; an empty required text is still a value.
 */
export interface Field<V, Null extends boolean = false, In extends Input = "required"> {
  readonly kind: "field"
  /** Carries the types; never there at run time. */
  readonly $?: [V, Null, In]
  readonly definition: FieldDefinition
  /** May be empty (`null`); need not be given on create. */
  optional(): Field<V, true, "optional">
  /** The value when the payload does not name the field; a payload's `null` wins. "now" for `datetime`, "today" for `date`, in the caller's time zone. */
  default(value: V | "now" | "today"): Field<V, Null, "optional">
  /** Never written by clients: `logic` computes it inside the write's transaction. Stored, so it can be filtered, sorted and grouped. */
  computed(): Field<V, Null, "never">
  /** A default made by `logic` that follows its dependencies until somebody names the field in a payload. */
  suggested(): Field<V, Null, "optional">
  /** No two records have the same value (empty ones aside; archived ones aside if the model archives). */
  unique(): this
  index(): this
  /** Shown in the record's history for people; every change is recorded in either case. */
  tracked(): this
  label(text: string): this
  /** A sentence for whoever fills it in. */
  help(text: string): this
  /** How values of `choice` and `states` strike the eye, where that does not follow from their names: `"cancelled"` is danger anyway. */
  tones(tones: { readonly [P in V & string]?: Tone }): this
  /**
   * The physical column, where it is not the snake_case name.
   *
   * @param type In an adopted table: the column's type as PostgreSQL writes it, where it is not the one that this field would have.
   */
  column(name: string, type?: string): this
  /** In an adopted table: the column's own default gives the value where nobody does (serial, identity, an expression). */
  generated(): Field<V, Null, "optional">
  /** In an adopted table: the database computes the value, and nobody writes it. */
  generated(when: "always"): Field<V, Null, "never">
  /** The field's name in earlier contracts: its values are kept. It renames and does nothing else, and may stay for good. */
  was(name: string): this
}

/** A choice that only its transitions change; the first value is the start. */
export interface States<V extends string, T> extends Field<V, false, "never"> {
  readonly transitions: T
}

/** One way from some states to another. */
export interface Transition<V extends string, I> {
  readonly from: readonly V[]
  readonly to: V
  readonly input?: I
  readonly label?: string
  readonly event?: string
}

const field = <V>(definition: FieldDefinition): Field<V, boolean, Input> => ({
  kind: "field",
  definition,
  optional: () => field({ ...definition, optional: true }) as never,
  default: (value) => field({ ...definition, default: value as string }) as never,
  computed: () => field({ ...definition, writtenBy: "compute" }) as never,
  suggested: () => field({ ...definition, writtenBy: "suggestion" }) as never,
  unique: () => field({ ...definition, unique: true }) as never,
  index: () => field({ ...definition, index: true }) as never,
  tracked: () => field({ ...definition, tracked: true }) as never,
  label: (text) => field({ ...definition, label: text }) as never,
  help: (text) => field({ ...definition, help: text }) as never,
  tones: (tones) => field({ ...definition, tones: tones as Record<string, Tone> }) as never,
  column: (name, type) =>
    field({ ...definition, column: name, ...(type === undefined ? {} : { columnType: type }) }) as never,
  generated: (when?: "always") =>
    field({
      ...definition,
      generated: when ?? true,
      ...(when === "always" ? { writtenBy: "framework" as const } : {}),
    }) as never,
  was: (name) => field({ ...definition, was: name }) as never,
})

const plain = <V>(type: FieldType, options: Partial<FieldDefinition> = {}): Field<V> =>
  field<V>({ kind: "field", type, writtenBy: "client", ...options }) as Field<V>

interface TextOptions {
  /** In characters; 500 unless said otherwise, so that an index on it always fits. */
  readonly maxLength?: number
}
interface Range<V> {
  readonly min?: V
  readonly max?: V
}

/** One line of text, at most 500 characters by default. */
export const text = (options: TextOptions = {}): Field<string> => plain("text", { maxLength: 500, ...options })
/** Text with line breaks, at most 100,000 characters by default. */
export const longText = (options: TextOptions = {}): Field<string> =>
  plain("longText", { maxLength: 100_000, ...options })
/** Formatted text as HTML, kept as it was given: whoever shows it sanitises it. At most 1,000,000 characters by default. */
export const html = (options: TextOptions = {}): Field<string> => plain("html", { maxLength: 1_000_000, ...options })
/** An e-mail address: one @, no spaces, at most 254 characters (RFC 5321, section 4.5.3.1.3). Whether it receives mail is not checked. */
export const email = (): Field<string> => plain("email", { maxLength: 254 })
/** A telephone number as people write it: digits, spaces and `+ - ( ) . / x`, at most 40 characters. */
export const phone = (): Field<string> => plain("phone", { maxLength: 40 })
/** An absolute http or https URL, at most 2,000 characters. */
export const url = (): Field<string> => plain("url", { maxLength: 2_000 })
/** A UUID of any version, lower case on the wire (RFC 9562). */
export const uuid = (): Field<string> => plain("uuid")
/** A whole number of 32 bits. */
export const integer = (range: Range<number> = {}): Field<number> => plain("integer", range)
/** A whole number of 64 bits: a string, because JSON numbers lose digits above 2^53. */
export const bigint = (): Field<string> => plain("bigint")
/** An exact decimal with `scale` digits after the point (2 unless said otherwise) and `precision` in all; stored values are rounded half away from zero. */
export const decimal = (
  options: { readonly scale?: number; readonly precision?: number } & Range<Decimal> = {},
): Field<Decimal> => plain("decimal", { scale: 2, precision: 20, ...options })

// The ISO 4217 currencies whose minor unit is not 2 digits.
const MINOR_UNITS: Readonly<Record<string, number>> = {
  BHD: 3,
  BIF: 0,
  CLF: 4,
  CLP: 0,
  DJF: 0,
  GNF: 0,
  IQD: 3,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KMF: 0,
  KRW: 0,
  KWD: 3,
  LYD: 3,
  OMR: 3,
  PYG: 0,
  RWF: 0,
  TND: 3,
  UGX: 0,
  UYI: 0,
  UYW: 4,
  VND: 0,
  VUV: 0,
  XAF: 0,
  XOF: 0,
  XPF: 0,
}

/** An exact amount in one currency (EUR unless said otherwise), with the digits of its ISO 4217 minor unit. A string everywhere. */
export const money = (options: { readonly currency?: string } & Range<Decimal> = {}): Field<Decimal> => {
  const currency = options.currency ?? "EUR"
  return plain("money", { precision: 20, scale: MINOR_UNITS[currency] ?? 2, ...options, currency })
}
/** True or false; never empty unless `.optional()`. */
export const bool = (): Field<boolean> => plain("bool")
/** A calendar day, `YYYY-MM-DD`, without time zone. */
export const date = (): Field<string> => plain("date")
/** An instant: UTC ISO 8601 with milliseconds on the wire (`2026-01-31T12:00:00.000Z`); any offset is understood. */
export const datetime = (): Field<string> => plain("datetime")
/** Any JSON value. It can be selected and tested for presence, not filtered inside. */
export const json = (): Field<unknown> => plain("json")
/** A file's reference, got by uploading it first: `{ id, name, type, sizeBytes }`. */
export const file = (): Field<FileReference> => plain("file")
/** A file that is a picture (PNG, JPEG, GIF, WebP or AVIF). */
export const image = (): Field<FileReference> => plain("image")

/** What a `file` field holds; the bytes are at the field's own address. */
export interface FileReference {
  readonly id: string
  readonly name: string
  /** Media type (RFC 6838). */
  readonly type: string
  readonly sizeBytes: number
}

/** One of a fixed set of values, stored as text with a check constraint. */
export const choice = <const V extends readonly string[]>(...values: V): Field<V[number]> => plain("choice", { values })

/**
 * A number such as "SO-2026-00042", given once and never changed.
 *
 * `{yyyy}` and `{mm}` start a new count per year or month; a run of zeros is the counter with at least that many digits.
 * Without `gapless`, numbers of rolled-back writes are lost; with it, writers of one period wait for each other.
 */
export const sequence = (
  pattern: string,
  options: { readonly gapless?: boolean; readonly period?: string; readonly assignedOn?: string } = {},
): Field<string, false, "never"> => {
  const { gapless, ...rest } = options
  const definition: FieldDefinition = {
    kind: "field",
    type: "sequence",
    writtenBy: "framework",
    unique: true,
    pattern,
    ...rest,
  }
  return field<string>(gapless ? { ...definition, gapless } : definition) as never
}

type Inputs = Readonly<Record<string, { readonly definition: unknown }>>

/** A choice that only its transitions change; the first value is the start. Each transition needs its `.on(…)` in `logic`. */
export const states = <
  const V extends readonly string[],
  // oxlint-disable-next-line typescript/no-explicit-any -- the input of each transition is inferred, not constrained
  const T extends Readonly<Record<string, Transition<V[number], any>>>,
>(
  values: V,
  transitions: T,
): States<V[number], T> => {
  const definitions: Record<string, TransitionDefinition> = {}
  for (const [name, { input, ...rest }] of Object.entries(transitions)) {
    definitions[name] = input ? { ...rest, input: inputDefinitions(input as Inputs) as never } : rest
  }
  const made = field<V[number]>({
    kind: "field",
    type: "states",
    writtenBy: "framework",
    values,
    default: values[0] as string,
    transitions: definitions,
  })
  return { ...made, transitions } as never
}

/** The definitions behind a record of builders. */
export const inputDefinitions = (inputs: Inputs): Record<string, unknown> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { definition }]) => [name, definition]))
