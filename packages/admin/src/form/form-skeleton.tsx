import { useLoadingTexts } from "../app/view-skeleton.tsx"
import classes from "./form.module.css"

const fields = Array.from({ length: 12 }, (_, i) => i)

/** A form whose record is on its way: head and fields of their size, and not seen at all for the first 200 ms. */
export function FormSkeleton() {
  const t = useLoadingTexts()
  return (
    <div className={`${classes.form} ${classes.skeleton}`} aria-busy="true">
      <h1 className="visually-hidden">{t.loading}</h1>
      <div className={classes.header}>
        <div className={classes.headRow} />
        <div className={classes.headRow} />
      </div>
      <div className={classes.content}>
        <div className={classes.main}>
          <div className={classes.columns}>
            {fields.map((field) => (
              <div key={field} className={classes.pendingField} />
            ))}
          </div>
        </div>
        <div className={classes.aside} />
      </div>
    </div>
  )
}
