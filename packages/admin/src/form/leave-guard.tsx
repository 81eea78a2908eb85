import { Button } from "@mantine/core"
import { useBlocker } from "@tanstack/react-router"
import { useFormTexts } from "./text.ts"
import { useForm } from "./use-form.ts"
import { Dialog } from "../app/dialog.tsx"
import classes from "./form.module.css"

/** Asks before another page takes the place of what was typed. A tab that is closed asks nothing: what was typed in it is kept. */
export function LeaveGuard() {
  const t = useFormTexts()
  const session = useForm()
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => session.isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: false,
    withResolver: true,
  })
  if (status !== "blocked") return null
  const save = async (): Promise<void> => {
    if ((await session.save()) === "saved") proceed()
    else reset()
  }
  const discard = (): void => {
    session.discard()
    proceed()
  }
  return (
    <Dialog opened onClose={reset} title={t.leaveTitle} size="sm">
      <p>{t.leaveWhy}</p>
      <div className={classes.dialogButtons}>
        <Button variant="default" onClick={reset}>
          {t.stay}
        </Button>
        <Button variant="default" onClick={discard}>
          {t.leaveDiscard}
        </Button>
        <Button onClick={() => void save()} data-autofocus>
          {t.leaveSave}
        </Button>
      </div>
    </Dialog>
  )
}
