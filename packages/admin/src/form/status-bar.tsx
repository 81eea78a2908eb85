import { valueLabel } from "../fields/format.ts"
import { toneOf } from "../metadata/tones.ts"
import { useFormTexts } from "./text.ts"
import { useForm, useFormView } from "./use-form.ts"
import classes from "./form.module.css"

/** The states that the record goes through, and where it is. States that end badly are shown only where it is in them. */
export function StatusBar({ field }: { readonly field: string }) {
  const t = useFormTexts()
  const { model } = useForm().model
  const of = model.fields[field]
  const current = useFormView(({ state }) => (state.base?.[field] ?? null) as string | null)
  if (of?.type !== "states") return null
  const values = of.values ?? []
  const now = current ?? values[0]
  const path = values.filter((value) => value === now || toneOf(model, field, value) !== "danger")
  const at = path.indexOf(now as string)
  return (
    <ol className={classes.states} aria-label={t.stateOf(of.label)}>
      {path.map((value, index) => (
        <li
          key={value}
          className={classes.state}
          data-tone={toneOf(model, field, value)}
          data-done={index < at || undefined}
          aria-current={value === now ? "step" : undefined}
        >
          {valueLabel(of, value)}
        </li>
      ))}
    </ol>
  )
}
