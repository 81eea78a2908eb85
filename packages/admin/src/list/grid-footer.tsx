import { memo } from "react"
import { cellAlign } from "../fields/cell.tsx"
import { useLanguage } from "../i18n/language.ts"
import type { Column } from "./columns.ts"
import { useListTexts } from "./text.ts"
import { formatTotal } from "./totals.ts"
import classes from "./grid.module.css"

/** The sums of all rows, under their columns. */
export const GridFooter = memo(function GridFooter({
  columns,
  totals,
  canSelect,
}: {
  readonly columns: readonly Column[]
  readonly totals: Readonly<Record<string, unknown>>
  readonly canSelect: boolean
}) {
  const t = useListTexts()
  const language = useLanguage()
  return (
    <div role="rowgroup" className={classes["foot"]}>
      <div role="row" className={classes["footRow"]}>
        {canSelect && <span aria-hidden />}
        {columns.map((column, i) => (
          <span key={column.path} role="gridcell" className={`${classes["footCell"]} ${cellAlign(column.field)}`}>
            {column.isSummed ? formatTotal(totals, column, language) : i === 0 ? t.total : ""}
          </span>
        ))}
      </div>
    </div>
  )
})
