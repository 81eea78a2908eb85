import { type ReactNode, useEffect, useRef } from "react"
import classes from "./import.module.css"

/** One step of the import. Its heading has the focus when it appears: what had it is gone. */
export function Step({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <section>
      <h3 ref={heading} tabIndex={-1} data-autofocus className={classes.heading}>
        {title}
      </h3>
      {children}
    </section>
  )
}
