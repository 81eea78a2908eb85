import { texts } from "../i18n/language.ts"
import classes from "./states.module.css"

export const useLoadingTexts = texts({ loading: "Loading" }, { loading: "Chargement" })

const lines = Array.from({ length: 14 }, (_, i) => i)

/** The shape of a page that is about to come. It is not seen at all for the first 200 ms. */
export function ViewSkeleton() {
  const t = useLoadingTexts()
  return (
    <div className={classes["skeleton"]} aria-busy="true">
      <h1 className="visually-hidden">{t.loading}</h1>
      <div className={classes["skeletonHead"]} />
      {lines.map((line) => (
        <div key={line} className={classes["skeletonRow"]} />
      ))}
    </div>
  )
}
