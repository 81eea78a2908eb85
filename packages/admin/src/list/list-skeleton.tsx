import { PendingRow } from "./row.tsx"
import classes from "./list-view.module.css"

const rows = Array.from({ length: 16 }, (_, i) => i)

/** A list whose first rows are on their way: of their size, and not seen at all for the first 200 ms. */
export const ListSkeleton = () => (
  <div className={classes["skeleton"]} role="presentation" aria-busy="true">
    {rows.map((index) => (
      <PendingRow key={index} id={`pending-${index}`} index={index} columns={1} isGone={false} isNarrow={false} />
    ))}
  </div>
)
