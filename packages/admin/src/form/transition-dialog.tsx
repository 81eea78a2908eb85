import { Button } from "@mantine/core"
import { useState } from "react"
import { FieldInput } from "../fields/field-input.tsx"
import { partsOf, type UiInput } from "../metadata/model.ts"
import { today } from "./date-text.ts"
import { fieldOfInput } from "./field-ui.ts"
import type { Values } from "./form-state.ts"
import type { Offered } from "./transitions.ts"
import { useFormTexts } from "./text.ts"
import { useForm, useFormView, useMistakeText, useReader } from "./use-form.ts"
import type { ValueMistake } from "./field-value.ts"
import { Dialog } from "../app/dialog.tsx"
import classes from "./form.module.css"

interface TransitionDialogProps {
  readonly offered: Offered
  readonly onClose: () => void
  /** @returns whether it was done */
  readonly onGo: (input: Values) => Promise<boolean>
}

/** What a transition or action asks for before it is made. */
export function TransitionDialog({ offered, onClose, onGo }: TransitionDialogProps) {
  const t = useFormTexts()
  const session = useForm()
  const reader = useReader()
  const textOf = useMistakeText()
  const { model } = session.model
  const inputs: Readonly<Record<string, UiInput>> =
    offered.transition?.input ?? model.actions[offered.name]?.input ?? {}
  const [values, setValues] = useState<Values>(() => startValues(inputs, today(reader.timeZone, reader.now)))
  const [mistakes, setMistakes] = useState<Readonly<Record<string, ValueMistake>>>({})
  const refused = useFormView((view) => view.refused)
  const isSaving = useFormView((view) => view.isSaving)
  const [wasTried, setTried] = useState(false)
  const missing = (name: string): boolean => inputs[name]?.required === true && (values[name] ?? null) === null
  const mistakeOf = (name: string) =>
    mistakes[name] ??
    (wasTried && missing(name)
      ? { code: "value.required", detail: "" }
      : refused.find(({ place }) => place?.field === name))
  const go = async (): Promise<void> => {
    setTried(true)
    if (Object.keys(mistakes).length > 0 || Object.keys(inputs).some(missing)) return
    const named = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
    if (await onGo(named)) onClose()
  }
  return (
    <Dialog opened onClose={onClose} title={offered.label} size="md">
      <form
        noValidate
        className={classes.quick}
        onSubmit={(event) => {
          event.preventDefault()
          void go()
        }}
      >
        {refused
          .filter(({ place }) => place === undefined || !Object.hasOwn(inputs, place.field))
          .map((mistake) => (
            <p key={mistake.code} className={classes.error} role="alert">
              {textOf(mistake)}
            </p>
          ))}
        {Object.entries(inputs).map(([name, input], index) => {
          const mistake = mistakeOf(name)
          const id = `input-${name}`
          return (
            <div key={name} className={classes.row}>
              <label className={classes.label} htmlFor={id}>
                {input.label}
                {input.required && (
                  <span className={classes.needed} aria-hidden>
                    *
                  </span>
                )}
              </label>
              <div className={classes.control}>
                <FieldInput
                  field={fieldOfInput(input)}
                  id={id}
                  service={partsOf(model.collection).service}
                  value={values[name]}
                  isInvalid={mistake !== undefined}
                  isRequired={input.required === true}
                  describedBy={mistake ? `${id}-about` : undefined}
                  focuses={index === 0}
                  isNamed
                  onValue={(value) => {
                    setValues((known) => ({ ...known, [name]: value }))
                    setMistakes(({ [name]: _, ...rest }) => rest)
                  }}
                  onText={(_, wrong) => wrong && setMistakes((known) => ({ ...known, [name]: wrong }))}
                  onWork={(work) => session.settle(work)}
                />
                {mistake && (
                  <p id={`${id}-about`} className={classes.error}>
                    {textOf(mistake, input.label)}
                  </p>
                )}
              </div>
            </div>
          )
        })}
        <div className={classes.dialogButtons}>
          <Button variant="default" onClick={onClose}>
            {t.cancel}
          </Button>
          <Button type="submit" disabled={isSaving}>
            {offered.label}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

function startValues(inputs: Readonly<Record<string, UiInput>>, day: string): Values {
  const given = Object.entries(inputs).flatMap(([name, input]) => {
    if (input.default === undefined) return []
    if (input.default === "today") return [[name, day] as const]
    return input.default === "now" || input.default === "me" ? [] : [[name, input.default] as const]
  })
  return Object.fromEntries(given)
}
