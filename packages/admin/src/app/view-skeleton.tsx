import classes from "./states.module.css"

const lines = Array.from({ length: 14 }, (_, i) => i)

/** The shape of a view that is about to come. It is not seen at all for the first 200 ms. */
export const ViewSkeleton = () => (
  <div className={classes["skeleton"]} aria-busy="true">
    <div className={classes["skeletonHead"]} />
    {lines.map((line) => (
      <div key={line} className={classes["skeletonRow"]} />
    ))}
  </div>
)
