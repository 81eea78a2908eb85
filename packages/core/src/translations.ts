/**
 * What people read in other languages than the contract's.
 *
 * @module
 */
import type { Contracts } from "./contracts.ts"
import type { Field } from "./fields.ts"
import type { ActionName, Members, TransitionName } from "./names.ts"

type ValuesOf<X> = X extends Field<infer V, infer _N, infer _I> ? Extract<V, string> : never

/** Words for a field: its label alone, or with its help and the labels of its values. */
type FieldWords<X> =
  | string
  | {
      readonly label?: string
      readonly help?: string
      /** Of `choice` and `states`. */
      readonly values?: string extends ValuesOf<X> ? never : { readonly [V in ValuesOf<X>]?: string }
    }

/** Words for a transition or an action: its label alone, or with those of its input. */
export type InvocationWords = string | { readonly label?: string; readonly inputs?: Readonly<Record<string, string>> }

/** Words for a model; what is left out stays in the contract's language. */
export interface ModelWords<N extends string> {
  /** One record: "Commande". */
  readonly label?: string
  /** Several: "Commandes". */
  readonly plural?: string
  readonly fields?: { readonly [P in keyof Members<N> & string]?: FieldWords<Members<N>[P]> }
  readonly transitions?: { readonly [P in TransitionName<N>]?: InvocationWords }
  readonly actions?: { readonly [P in ActionName<N>]?: InvocationWords }
  /** Titles of the sections of its form, by what `views` calls them. */
  readonly sections?: Readonly<Record<string, string>>
}

type ModelsOf<S extends keyof Contracts> = Contracts[S] extends { readonly models: infer M } ? keyof M & string : never

/** Words for a service in one language. */
export interface ServiceWords<S extends keyof Contracts & string> {
  readonly label?: string
  readonly models?: { readonly [M in ModelsOf<S>]?: ModelWords<`${S}.${M}`> }
}

/** The same as data. */
export interface WordsDefinition {
  readonly label?: string
  readonly models?: Readonly<Record<string, ModelWordsDefinition>>
}
export interface ModelWordsDefinition {
  readonly label?: string
  readonly plural?: string
  readonly fields?: Readonly<
    Record<
      string,
      string | { readonly label?: string; readonly help?: string; readonly values?: Readonly<Record<string, string>> }
    >
  >
  readonly transitions?: Readonly<Record<string, InvocationWords>>
  readonly actions?: Readonly<Record<string, InvocationWords>>
  readonly sections?: Readonly<Record<string, string>>
}

/** A service's words by language (BCP 47): "fr", "pt-BR". */
export interface Translations<S extends string = string> {
  readonly service: S
  readonly languages: Readonly<Record<string, WordsDefinition>>
}

/**
 * What people read of a service in other languages than its contract's: labels, help, states and choices, transitions and actions.
 * The metadata of user interfaces (`$ui`) is in the language that `Accept-Language` asks for; a name that the contract does not have
 * is an error of the compiler. Codes, titles of problems and values on the wire are the same in all languages.
 */
export const translations = <const S extends keyof Contracts & string>(
  service: S,
  languages: Readonly<Record<string, ServiceWords<NoInfer<S>>>>,
): Translations<S> => ({ service, languages: languages as unknown as Translations["languages"] })
