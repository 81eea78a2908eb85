import type { ModelName } from "./names.ts"
import type { Paths, ValidPath } from "./paths.ts"

interface AnySection {
  readonly title?: string
  readonly fields: readonly string[]
}

type Period = "day" | "week" | "month" | "quarter" | "year"

/** A key of a grouped query: a path, or a period of one. */
type Groups<N extends string, P extends readonly string[]> = P & {
  [I in keyof P]: P[I] extends `${infer Path}:${Period}` ? ValidPath<N, Path, false, P[I]> : ValidPath<N, P[I] & string>
}

type ValidPaths<N extends string, P extends readonly string[]> = { [I in keyof P]: ValidPath<N, P[I] & string> }

type Sections<N extends string, F extends readonly AnySection[]> = F & {
  [I in keyof F]: { readonly title?: string; readonly fields: ValidPaths<N, F[I]["fields"]> }
}

/** How a user interface presents a model, as data. */
export interface ViewsDefinition {
  readonly model: string
  /** Columns, in order. */
  readonly list?: readonly string[]
  readonly form?: { readonly sections: readonly AnySection[] }
  readonly search?: {
    /** What is offered to filter by. */
    readonly filters?: readonly string[]
    /** What is offered to group by: "status", "date:month". */
    readonly groups?: readonly string[]
  }
}

/**
 * How a user interface presents a model, where what it derives is not what people want. Everything is optional; what is left out
 * stays derived. Paths that do not exist are errors of the compiler; those that a caller may not read are left out of what that
 * caller gets. Of another service's records a view names the title, or what a mirror keeps.
 */
export const views = <
  const N extends ModelName,
  const L extends readonly string[] = readonly [],
  const F extends readonly AnySection[] = readonly [],
  const S extends readonly string[] = readonly [],
  const G extends readonly string[] = readonly [],
>(
  model: N,
  parts: {
    readonly list?: Paths<N, L>
    readonly form?: { readonly sections: Sections<N, F> }
    readonly search?: { readonly filters?: Paths<N, S>; readonly groups?: Groups<N, G> }
  },
): ViewsDefinition => ({ model, ...(parts as Omit<ViewsDefinition, "model">) })
