import { Popover } from "@mantine/core"
import type { WhereJson } from "@archipel/core"
import type { ReactElement } from "react"
import type { UiModel } from "../metadata/model.ts"
import type { Facet } from "./facets.ts"
import { FilterForm } from "./filter-builder.tsx"
import type { FieldPath } from "./paths.ts"

/** Changes one filter where its words are. */
export const FacetEditor = ({
  button,
  label,
  model,
  chosen,
  facet,
  apply,
  close,
}: {
  readonly button: ReactElement
  readonly label: string
  readonly model: UiModel
  readonly chosen: FieldPath
  readonly facet: Facet
  readonly apply: (condition: WhereJson) => void
  readonly close: () => void
}) => (
  <Popover opened onChange={close} onDismiss={close} trapFocus returnFocus width={280} position="bottom-start">
    <Popover.Target>{button}</Popover.Target>
    <Popover.Dropdown aria-label={label}>
      <FilterForm model={model} initial={{ chosen, facet }} cancel={close} apply={apply} />
    </Popover.Dropdown>
  </Popover>
)
