import { Button } from "@mantine/core"
import { problemOf } from "../api/problem.ts"
import { useLanguage } from "../i18n/language.ts"
import { useMistakeTexts } from "../form/text.ts"
import { ErrorTable } from "./error-table.tsx"
import { download, refusedCsv } from "./refused-rows.ts"
import { nextPortion, type Outcome, type Plan, type RowError } from "./run-import.ts"
import { Step } from "./step.tsx"
import type { Table } from "./table.ts"
import { useImportTexts } from "./text.ts"
import classes from "./import.module.css"

/** Why a row was refused, in the page's language as far as it is known there; the service's words say bounds. */
export function useWhy(): (error: RowError) => string {
  const t = useImportTexts()
  const known = useMistakeTexts()
  const language = useLanguage()
  return ({ code, detail }) =>
    t.codes[code] ?? (language === "en" && detail !== "" ? detail : (known[code] ?? (detail || code)))
}

interface OutcomeStepProps {
  readonly table: Table
  readonly plan: Plan
  readonly outcome: Outcome
  readonly dryRun: boolean
  readonly onBack: () => void
  readonly onFile: () => void
  /** Imports, or goes on with it. */
  readonly onRun: () => void
  /** Shows the records; undefined where that is not known. */
  readonly onShow: (() => void) | undefined
  readonly onClose: () => void
}

/** What would come of the rows, or what came of them. */
export function OutcomeStep(props: OutcomeStepProps) {
  const { table, plan, outcome, dryRun, onBack, onFile, onRun, onShow, onClose } = props
  const t = useImportTexts()
  const whyOf = useWhy()
  const { created, updated, failed, errors, problem } = outcome
  const next = nextPortion(plan, outcome)
  const left = table.rows.length - outcome.done
  const good = created + updated
  const refusal = problem === undefined ? undefined : problemOf(problem)
  return (
    <Step title={next ? t.stopped : dryRun ? t.checked : t.imported}>
      <ul className={classes.counts}>
        <li data-tone="positive">{(dryRun ? t.wouldCreate : t.created)(created)}</li>
        <li data-tone="info">{(dryRun ? t.wouldUpdate : t.updated)(updated)}</li>
        <li data-tone={failed > 0 ? "negative" : undefined}>{t.refused(failed)}</li>
        {left > 0 && <li data-tone="warning">{t.left(left)}</li>}
      </ul>
      {refusal && (
        <p role="alert" className={classes.fault}>
          {refusal.detail ?? refusal.title}
        </p>
      )}
      {!dryRun && next && <p className={classes.hint}>{refusal ? t.broken(next.rows.length) : t.kept}</p>}
      {dryRun && !next && <p className={classes.hint}>{failed === 0 ? t.allGood : t.someRefused}</p>}
      {errors.length > 0 && <ErrorTable table={table} errors={errors} whyOf={whyOf} />}
      <div className={classes.buttons}>
        {errors.length > 0 && (
          <Button
            variant="default"
            onClick={() =>
              download(
                refusedCsv(table, errors, { header: t.why, of: whyOf }),
                t.refusedName(table.name.replace(/\.[^.]*$/, "")),
              )
            }
          >
            {t.saveRefused}
          </Button>
        )}
        <span className={classes.spring} />
        {(dryRun || failed > 0) && (
          <Button variant="default" onClick={onFile}>
            {t.anotherFile}
          </Button>
        )}
        {dryRun && (
          <Button variant="default" onClick={onBack}>
            {t.back}
          </Button>
        )}
        {!dryRun && good > 0 && onShow && (
          <Button variant="default" onClick={onShow}>
            {t.show}
          </Button>
        )}
        {next ? (
          <Button onClick={onRun}>{t.goOn}</Button>
        ) : dryRun ? (
          <Button disabled={good === 0} onClick={onRun}>
            {t.run(good)}
          </Button>
        ) : (
          <Button onClick={onClose}>{t.done}</Button>
        )}
      </div>
    </Step>
  )
}
