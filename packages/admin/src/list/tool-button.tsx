import type { ComponentProps, ReactNode } from "react"
import classes from "./filter-builder.module.css"

/** A button of the toolbar; on narrow screens its icon alone is seen. */
export function ToolButton({
  icon,
  label,
  badge,
  ...props
}: {
  readonly icon: ReactNode
  readonly label: string
  readonly badge?: number | undefined
} & ComponentProps<"button">) {
  return (
    <button type="button" {...props} className={classes["tool"]}>
      {icon}
      <span className={classes["toolLabel"]}>{label}</span>
      {badge !== undefined && badge > 0 && <span className={classes["badge"]}>{badge}</span>}
    </button>
  )
}
