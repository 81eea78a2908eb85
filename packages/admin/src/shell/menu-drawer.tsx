import { Drawer } from "@mantine/core"
import type { ReactNode } from "react"
import { useShellTexts } from "./text.ts"
import classes from "./shell.module.css"

/** The menu on narrow screens. */
export function MenuDrawer({
  isOpen,
  close,
  children,
}: {
  readonly isOpen: boolean
  readonly close: () => void
  readonly children: ReactNode
}) {
  const t = useShellTexts()
  return (
    <Drawer
      opened={isOpen}
      onClose={close}
      size={290}
      title={t.menu}
      closeButtonProps={{ "aria-label": t.closeMenu }}
      classNames={{ body: classes["drawer"] ?? "" }}
    >
      {children}
    </Drawer>
  )
}
