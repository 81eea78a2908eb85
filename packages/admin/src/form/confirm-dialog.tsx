import { Button } from "@mantine/core"
import { useFormTexts } from "./text.ts"
import { Dialog } from "../app/dialog.tsx"
import classes from "./form.module.css"

interface ConfirmDialogProps {
  readonly title: string
  readonly why: string
  readonly action: string
  readonly onGo: () => void
  readonly onClose: () => void
}

/** Asks before something is done that cannot simply be undone. */
export function ConfirmDialog({ title, why, action, onGo, onClose }: ConfirmDialogProps) {
  const t = useFormTexts()
  return (
    <Dialog opened onClose={onClose} title={title} size="sm">
      <p>{why}</p>
      <div className={classes.dialogButtons}>
        <Button variant="default" onClick={onClose} data-autofocus>
          {t.cancel}
        </Button>
        <Button color="red" onClick={onGo}>
          {action}
        </Button>
      </div>
    </Dialog>
  )
}
