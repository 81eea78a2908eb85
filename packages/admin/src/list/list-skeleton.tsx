import { useIsNarrow } from "../app/use-is-narrow.ts"
import { useLoadingTexts } from "../app/view-skeleton.tsx"
import { useLanguage } from "../i18n/language.ts"
import { PendingRow } from "./row.tsx"
import classes from "./list-view.module.css"

const rows = Array.from({ length: 24 }, (_, i) => i)

/** A list whose first rows are on their way: of their size, and not seen at all for the first 200 ms. */
export function ListSkeleton() {
  const isNarrow = useIsNarrow()
  const language = useLanguage()
  const t = useLoadingTexts()
  return (
    <div className={classes["skeleton"]} aria-busy="true" data-narrow={isNarrow || undefined}>
      <span className="visually-hidden">{t.loading}</span>
      <div aria-hidden>
        {rows.map((index) => (
          <PendingRow
            key={index}
            id={`pending-${index}`}
            index={index}
            columns={1}
            isGone={false}
            isNarrow={isNarrow}
            language={language}
          />
        ))}
      </div>
    </div>
  )
}
