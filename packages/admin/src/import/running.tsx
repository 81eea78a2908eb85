import { Button } from "@mantine/core"
import { Step } from "./step.tsx"
import { useImportTexts } from "./text.ts"
import classes from "./import.module.css"

/** A run that goes on, and what stops it. */
export function Running({
  dryRun,
  done,
  all,
  onStop,
}: {
  readonly dryRun: boolean
  readonly done: number
  readonly all: number
  readonly onStop: () => void
}) {
  const t = useImportTexts()
  const title = dryRun ? t.checking : t.importing
  return (
    <Step title={title}>
      <progress className={classes.progress} aria-label={title} max={all} value={done} />
      <p className={classes.quiet}>{t.progress(done, all)}</p>
      <div className={classes.buttons}>
        <Button variant="default" onClick={onStop}>
          {t.stop}
        </Button>
      </div>
    </Step>
  )
}
