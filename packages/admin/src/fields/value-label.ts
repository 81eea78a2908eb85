import { humanise } from "./format.ts"

interface WithOptions {
  readonly options?: readonly { readonly value: string; readonly label: string }[]
}

/** What a value of a choice or of states is called: by its service, else by its name. */
export const valueLabel = (field: object | undefined, value: string): string =>
  (field as WithOptions | undefined)?.options?.find((option) => option.value === value)?.label ?? humanise(value)
