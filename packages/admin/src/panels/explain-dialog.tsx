import { Button } from "@mantine/core"
import { useMutation } from "@tanstack/react-query"
import { useState } from "react"
import { ProblemError } from "../api/problem.ts"
import { request } from "../api/request.ts"
import { QuickCreateContext } from "../fields/quick-create-context.ts"
import { ReferenceInput } from "../fields/reference-input.tsx"
import { useForm } from "../form/use-form.ts"
import formClasses from "../form/form.module.css"
import inputClasses from "../fields/inputs.module.css"
import { usePanelTexts } from "./text.ts"
import { Dialog } from "../app/dialog.tsx"
import classes from "./panels.module.css"

interface ExplainedRule {
  readonly id: string
  readonly kind: string
  readonly role?: string
  readonly held: boolean
  readonly rows: string
  readonly holds: boolean | null
  readonly failing: readonly string[]
}

interface Explanation {
  readonly decision: "allowed" | "denied" | "not_found" | "depends"
  readonly because: string
  readonly rules: readonly ExplainedRule[]
  readonly missing: readonly string[]
  readonly fields: Readonly<Record<string, { readonly read: string; readonly write?: string }>>
}

/** Users are everywhere the same. */
const users = {
  type: "one",
  label: "",
  to: "identity.User",
  collection: "/api/identity/users",
  display: "name",
  optional: true,
} as const

/** Why somebody may or may not do something with this record: for those who give out roles. */
export function ExplainDialog({ onClose }: { readonly onClose: () => void }) {
  const t = usePanelTexts()
  const { collection, id, model: form } = useForm()
  const { model } = form
  const [operation, setOperation] = useState("update")
  const [user, setUser] = useState<string>()
  const ask = useMutation({
    mutationFn: async () =>
      (
        await request<Explanation>(`${collection}/${id}/$explain`, {
          method: "POST",
          body: { operation, ...(user === undefined ? {} : { user }) },
        })
      ).data,
  })
  const others = [...Object.entries(model.transitions), ...Object.entries(model.actions)]
  const denied = ask.error instanceof ProblemError && ask.error.isDenied
  return (
    <Dialog opened onClose={onClose} title={t.whyTitle} size="lg">
      <form
        className={classes.ask}
        onSubmit={(event) => {
          event.preventDefault()
          ask.mutate()
        }}
      >
        <div className={formClasses.row}>
          <label className={formClasses.label} htmlFor="explain-what">
            {t.whyWhat}
          </label>
          <select
            id="explain-what"
            className={`${inputClasses.input} ${inputClasses.select}`}
            value={operation}
            onChange={({ target }) => setOperation(target.value)}
            data-autofocus
          >
            {(["read", "update", "delete"] as const).map((each) => (
              <option key={each} value={each}>
                {t[each]}
              </option>
            ))}
            {others.map(([name, { label }]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <div className={formClasses.row}>
          <label className={formClasses.label} htmlFor="explain-who">
            {t.whyWho}
          </label>
          <QuickCreateContext value={undefined}>
            <ReferenceInput
              field={users}
              id="explain-who"
              value={user}
              isNamed
              onValue={(value) => setUser(typeof value === "string" ? value : undefined)}
              onText={() => {}}
            />
          </QuickCreateContext>
        </div>
        <div className={formClasses.dialogButtons}>
          <Button variant="default" onClick={onClose}>
            {t.close}
          </Button>
          <Button type="submit" loading={ask.isPending}>
            {t.ask}
          </Button>
        </div>
      </form>
      <div role="status">
        {ask.error && <p className={classes.failed}>{denied ? t.mayNotAsk : ask.error.message}</p>}
        {ask.data && <Answer answer={ask.data} />}
      </div>
    </Dialog>
  )
}

function Answer({ answer }: { readonly answer: Explanation }) {
  const t = usePanelTexts()
  const { model } = useForm().model
  const labels = (names: readonly string[]): string => names.map((name) => model.fields[name]?.label ?? name).join(", ")
  const hidden = Object.entries(answer.fields).filter(([, { read }]) => read === "no")
  const locked = Object.entries(answer.fields).filter(([, { read, write }]) => read !== "no" && write === "no")
  return (
    <div className={classes.answer}>
      <p className={classes.decision} data-decision={answer.decision}>
        <strong>{t[answer.decision]}</strong> {answer.because}
      </p>
      {answer.missing.length > 0 && (
        <p>
          {t.missing} <strong>{answer.missing.join(", ")}</strong>
        </p>
      )}
      <div className={classes.tableBox}>
        <table className={classes.table}>
          <caption className="visually-hidden">{t.rules}</caption>
          <thead>
            <tr>
              <th scope="col">{t.rules}</th>
              <th scope="col">{t.role}</th>
              <th scope="col">{t.rows}</th>
              <th scope="col">{t.holds}</th>
            </tr>
          </thead>
          <tbody>
            {answer.rules.map((rule) => (
              <tr key={`${rule.id} ${rule.role}`} data-held={rule.held}>
                <td>{t.kind[rule.kind] ?? rule.kind}</td>
                <td>
                  {rule.role ?? "–"} {rule.role !== undefined && (rule.held ? "✓" : "✗")}
                </td>
                <td>
                  {rule.rows}
                  {rule.failing.length > 0 && (
                    <div className={classes.failing}>
                      {t.failing}: {rule.failing.join("; ")}
                    </div>
                  )}
                </td>
                <td>{rule.holds === null ? "–" : rule.holds ? t.yes : t.no}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {hidden.length > 0 && (
        <p>
          {t.fieldsHidden}: {labels(hidden.map(([name]) => name))}
        </p>
      )}
      {locked.length > 0 && (
        <p>
          {t.fieldsLocked}: {labels(locked.map(([name]) => name))}
        </p>
      )}
    </div>
  )
}
