import { IconSelector } from "@tabler/icons-react"
import type { ComponentProps } from "react"
import { useUser } from "../app/session-context.ts"
import { useShellTexts } from "./text.ts"
import classes from "./user-menu.module.css"

const initialsOf = (name: string): string =>
  name
    .split(/\s+/)
    .map((word) => word.charAt(0))
    .join("")
    .slice(0, 2)
    .toUpperCase()

/** Who is logged in, as a button that opens the menu of the account. */
export function UserButton(props: ComponentProps<"button">) {
  const t = useShellTexts()
  const { name } = useUser()
  return (
    <button type="button" aria-haspopup="menu" {...props} className={classes["target"]}>
      <span className={classes["avatar"]} aria-hidden>
        {initialsOf(name) || "·"}
      </span>
      <span className={classes["name"]}>{name || t.account}</span>
      <IconSelector size={14} aria-hidden />
    </button>
  )
}
