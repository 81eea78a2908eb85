import { BoolInput, ChoiceInput } from "./choice-input.tsx"
import { FileInput } from "./file-input.tsx"
import type { InputProps } from "./input-props.ts"
import { LinksInput, ReferenceInput } from "./reference-input.tsx"
import { AreaInput, TextInput } from "./text-input.tsx"

export interface FieldInputProps extends InputProps {
  readonly service: string
  /** Of files: where the stored one is read. */
  readonly address?: string | undefined
}

/** The input of a field, by its type. */
export function FieldInput(props: FieldInputProps) {
  switch (props.field.type) {
    case "bool":
      return <BoolInput {...props} />
    case "choice":
    case "states":
      return <ChoiceInput {...props} />
    case "longText":
    case "html":
    case "json":
      return props.isCell ? <TextInput {...props} /> : <AreaInput {...props} />
    case "one":
      return props.field.collection === undefined ? <TextInput {...props} /> : <ReferenceInput {...props} />
    case "manyToMany":
      return <LinksInput {...props} />
    case "file":
    case "image":
      return <FileInput {...props} address={props.address} />
    default:
      return <TextInput {...props} />
  }
}
