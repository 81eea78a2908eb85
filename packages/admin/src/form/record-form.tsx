import { Fragment, lazy, type ReactNode, Suspense, useEffect, useMemo, useRef } from "react"
import { useIsDrawn } from "../app/use-is-drawn.ts"
import { useTitle } from "../app/use-title.ts"
import { formatInstant } from "../fields/format.ts"
import { QuickCreateContext, type QuickCreateProps } from "../fields/quick-create-context.ts"
import { useRecordTitle } from "../fields/use-record-title.ts"
import { useLanguage } from "../i18n/language.ts"
import { OwnedLines } from "../lines/lines-grid.tsx"
import type { UiOne } from "../metadata/model.ts"
import { RelatedPanels } from "../panels/related-panels.tsx"
import { Banners } from "./banners.tsx"
import { FieldRow } from "./field-row.tsx"
import { focusFirstInput } from "./focus.ts"
import { FormHeader } from "./form-header.tsx"
import type { FormSession } from "./form-session.ts"
import type { KeptForm } from "./kept-forms.ts"
import { LeaveGuard } from "./leave-guard.tsx"
import { ProblemSummary } from "./problem-summary.tsx"
import { QuickCreate } from "./quick-create.tsx"
import { isWide, layoutOf, type PlacedField, type PlacedLines, type Section } from "./sections.ts"
import { useFormTexts } from "./text.ts"
import { useCommands } from "./use-commands.tsx"
import { FormContext, useForm, useFormView } from "./use-form.ts"
import classes from "./form.module.css"

/** What comes beside the form, or seldom: loaded when it is first shown. */
const ActivityPanel = lazy(async () => ({ default: (await import("../panels/activity-panel.tsx")).ActivityPanel }))
const ConflictDialog = lazy(async () => ({ default: (await import("./conflict-dialog.tsx")).ConflictDialog }))

interface RecordFormProps {
  readonly session: FormSession
  readonly onResume: (kept: KeptForm) => void
}

const quickCreate = (props: QuickCreateProps): ReactNode => <QuickCreate {...props} />

/** The form of one record. */
export function RecordForm({ session, onResume }: RecordFormProps) {
  useEffect(() => {
    session.open()
    void session.resume()
    return () => session.close()
  }, [session])
  return (
    <FormContext value={session}>
      <QuickCreateContext value={quickCreate}>
        <OpenForm onResume={onResume} />
        <LeaveGuard />
        <Conflicts />
      </QuickCreateContext>
    </FormContext>
  )
}

function Conflicts() {
  const isThere = useFormView(({ conflict }) => conflict !== undefined)
  return isThere ? (
    <Suspense>
      <ConflictDialog />
    </Suspense>
  ) : null
}

function OpenForm({ onResume }: Pick<RecordFormProps, "onResume">) {
  const t = useFormTexts()
  const session = useForm()
  const isDrawn = useIsDrawn()
  const { commands, dialogs } = useCommands(isDrawn)
  const { model } = useFormView((view) => view.model)
  const layout = useMemo(() => layoutOf(model), [model])
  const isNew = useFormView(({ state }) => state.base === undefined)
  const isSaving = useFormView((view) => view.isSaving)
  const wasNew = useRef(isNew)
  useEffect(() => {
    // Whoever comes by the keyboard is in the form: in its first input of a new record, else at its title.
    if (wasNew.current && focusFirstInput()) return
    document.getElementById("record-title")?.focus({ preventScroll: true })
  }, [])
  const title = useFormView(() => session.title)
  useTitle(isNew ? t.newOf(model.title) : title)
  return (
    <article className={classes.form} data-form aria-busy={isSaving}>
      <FormHeader commands={commands} stateField={layout.state} />
      <div className={classes.scroll}>
        <Banners onResume={onResume} />
        <ProblemSummary />
        <div className={classes.content}>
          <div className={classes.main}>
            {layout.sections.map((section) => (
              <Fragment key={`${section.title} ${section.fields[0]?.name}`}>
                <FieldSection section={section} titleField={layout.title} />
                <Lines placed={section} />
              </Fragment>
            ))}
            <Lines placed={layout} />
            {layout.wide.length > 0 && (
              <div className={classes.wides}>
                {layout.wide.map(({ name, field }) => (
                  <FieldRow key={name} place={{ field: name }} field={field} isWide />
                ))}
              </div>
            )}
            {!isNew && isDrawn && <RelatedPanels />}
            {!isNew && isDrawn && <Footer />}
          </div>
          {!isNew && (
            <Suspense fallback={<div className={classes.aside} />}>
              {isDrawn ? <ActivityPanel /> : <div className={classes.aside} />}
            </Suspense>
          )}
        </div>
      </div>
      {dialogs}
    </article>
  )
}

function FieldSection({
  section: { title, fields },
  titleField,
}: {
  readonly section: Section
  readonly titleField: string | undefined
}) {
  const t = useFormTexts()
  const named = fields.find(({ name }) => name === titleField)
  const others = fields.filter((each) => each !== named)
  return (
    <section className={classes.section} aria-label={title ?? t.sections}>
      {title !== undefined && <h2 className={classes.sectionTitle}>{title}</h2>}
      {named && (
        <div className={classes.naming}>
          <FieldRow place={{ field: named.name }} field={named.field} label={named.label} />
        </div>
      )}
      <div className={classes.columns}>
        {others.map(({ name, field, label }) => (
          <FieldRow key={name} place={{ field: name }} field={field} label={label} isWide={isWide(field)} />
        ))}
      </div>
    </section>
  )
}

/** Lines, and what follows from them. */
function Lines({ placed: { lines, totals } }: { readonly placed: PlacedLines }) {
  const { lists } = useFormView((view) => view.model)
  return (
    <>
      {lists.map((list) => lines.includes(list.name) && <OwnedLines key={list.name} list={list} />)}
      {totals.length > 0 && <Totals fields={totals} />}
    </>
  )
}

/** What follows from the lines. While the service is asked they are marked, since they are of the lines as they were. */
function Totals({ fields }: { readonly fields: readonly PlacedField[] }): ReactNode {
  const t = useFormTexts()
  return (
    <section className={classes.totals} aria-label={t.total} data-totals>
      {fields.map(({ name, field }) => (
        <FieldRow key={name} place={{ field: name }} field={field} />
      ))}
    </section>
  )
}

/** Who made the record and changed it last. */
function Footer() {
  const t = useFormTexts()
  const base = useFormView(({ state }) => state.base)
  const { model } = useForm().model
  const users = (name: string): string | undefined => (model.fields[name] as UiOne | undefined)?.collection
  return (
    <footer className={classes.footer}>
      <Stamp label={t.createdBy} at={base?.["createdAt"]} by={base?.["createdBy"]} users={users("createdBy")} />
      <Stamp label={t.updatedBy} at={base?.["updatedAt"]} by={base?.["updatedBy"]} users={users("updatedBy")} />
      {typeof base?.["version"] === "number" && (
        <span>
          {t.version} {base["version"]}
        </span>
      )}
    </footer>
  )
}

interface StampProps {
  readonly label: string
  readonly at: unknown
  readonly by: unknown
  readonly users: string | undefined
}

function Stamp({ label, at, by, users }: StampProps) {
  const t = useFormTexts()
  const language = useLanguage()
  const who = useRecordTitle(users, typeof by === "string" ? by : undefined)
  if (typeof at !== "string") return null
  return (
    <span>
      {label} <time dateTime={at}>{formatInstant(at, language)}</time>
      {who && "title" in who && ` ${t.by} ${who.title}`}
    </span>
  )
}
