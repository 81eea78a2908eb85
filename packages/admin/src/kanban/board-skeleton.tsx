import { isOne, type UiField } from "../metadata/model.ts"
import classes from "./kanban-view.module.css"

/** Columns that are shown for references, of which nobody knows yet how many there will be. */
const LANES = 4
const cards = [0, 1, 2]

/** A board whose columns are on their way: as many, and not seen at all for the first 200 ms. */
export function BoardSkeleton({ field }: { readonly field: UiField }) {
  const lanes = isOne(field) || !("values" in field) ? LANES : (field.values?.length ?? LANES)
  return (
    <div className={`${classes["board"]} ${classes["skeleton"]}`} aria-busy="true">
      {Array.from({ length: lanes }, (_, lane) => (
        <div key={lane} className={classes["lane"]}>
          <div className={classes["laneTitle"]} />
          <div className={classes["cards"]}>
            {cards.map((card) => (
              <div key={card} className={classes["pending"]} />
            ))}
          </div>
        </div>
      ))}
    </div>
  )
}
