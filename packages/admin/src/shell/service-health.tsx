import type { UiServiceEntry } from "../metadata/model.ts"
import { useShellTexts } from "./text.ts"
import classes from "./service-health.module.css"

/** Beside a service's name: that it does not answer, or what it lacks. Nothing where it is well. */
export function ServiceHealth({ service: { title, away, lacks } }: { readonly service: UiServiceEntry }) {
  const t = useShellTexts()
  if (away)
    return (
      <span className={classes["down"]} title={t.downWhy(title)}>
        {t.down}
      </span>
    )
  return lacks ? (
    <span className={classes["limited"]} title={t.limitedWhy(title, lacks)}>
      {t.limited}
    </span>
  ) : null
}
