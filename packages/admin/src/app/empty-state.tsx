import type { ReactNode } from "react"
import classes from "./states.module.css"

/** In place of content where there is none, and what can be done about it. */
export const EmptyState = ({
  icon,
  title,
  children,
}: {
  readonly icon: ReactNode
  readonly title: string
  readonly children?: ReactNode
}) => (
  <div className={classes["state"]}>
    {icon}
    <h2 className={classes["stateTitle"]}>{title}</h2>
    <div className={classes["stateWhy"]}>{children}</div>
  </div>
)
