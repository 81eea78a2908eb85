import { IconAlertTriangle } from "@tabler/icons-react"
import { useEffect, useRef } from "react"
import { isBlank } from "./form-state.ts"
import { useFormTexts } from "./text.ts"
import { mistakeAt } from "./mistakes.ts"
import { useForm, useFormView, useMistakeText } from "./use-form.ts"
import { inputId, placeKey, type PlacedMistake } from "./problem-places.ts"
import type { FormView } from "./form-store.ts"
import classes from "./form.module.css"

const none: readonly PlacedMistake[] = []
const known = new WeakMap<FormView, readonly PlacedMistake[]>()

/** All that is wrong once a save was tried, each place once. */
function mistakesOf(view: FormView): readonly PlacedMistake[] {
  if (!view.wasTried && view.refused.length === 0) return none
  let mistakes = known.get(view)
  if (mistakes === undefined) {
    const all = new Map<string, PlacedMistake>()
    const blank = new Set(
      Object.values(view.state.lines)
        .flat()
        .filter(isBlank)
        .map(({ key }) => key),
    )
    for (const { place, mistake } of view.unsettled.values()) {
      if (mistake) all.set(placeKey(place), { ...mistake, path: "", place })
    }
    for (const mistake of [...view.refused, ...view.provisional.mistakes]) {
      const { place } = mistake
      if (place?.line !== undefined && blank.has(place.line)) continue
      const key = place === undefined ? ` ${mistake.code}` : placeKey(place)
      if (place !== undefined && place.field !== "" && !mistakeAt(view, place)) continue
      if (!all.has(key)) all.set(key, mistake)
    }
    known.set(view, (mistakes = [...all.values()]))
  }
  return mistakes.length === 0 ? none : mistakes
}

/** What is to be put right, on top of the form; each leads to its field. */
export function ProblemSummary() {
  const t = useFormTexts()
  const textOf = useMistakeText()
  const session = useForm()
  const mistakes = useFormView(mistakesOf)
  const refused = useFormView((view) => view.refused)
  const box = useRef<HTMLDivElement>(null)
  const { model, lists } = session.model
  useEffect(() => {
    if (refused.length === 0) return
    const first = box.current?.querySelector<HTMLElement>("a")
    const target = first?.dataset["target"]
    const input = target === undefined ? null : document.getElementById(target)
    if (input) input.focus()
    else box.current?.focus()
  }, [refused])
  if (mistakes.length === 0) return null
  const labelOf = ({ place }: PlacedMistake): string | undefined => {
    if (place === undefined) return undefined
    if (place.list === undefined) return model.fields[place.field]?.label
    const list = lists.find(({ name }) => name === place.list)
    const index = session.view.state.lines[place.list]
      ?.filter((line) => !line.deleted)
      .findIndex(({ key }) => key === place.line)
    const line = index === undefined || index < 0 ? undefined : t.lineOf(index + 1)
    return [line, list?.model.fields[place.field]?.label].filter(Boolean).join(", ")
  }
  return (
    <div ref={box} className={classes.problems} role="alert" tabIndex={-1}>
      <IconAlertTriangle size={16} aria-hidden />
      <div>
        <strong>{t.problems(mistakes.length)}</strong>
        <ul>
          {mistakes.map((mistake) => {
            const label = labelOf(mistake)
            const words = textOf(mistake, label)
            return (
              <li key={`${mistake.code} ${mistake.place ? placeKey(mistake.place) : ""}`}>
                {mistake.place && mistake.place.field !== "" ? (
                  <a
                    href={`#${inputId(session.name, mistake.place)}`}
                    data-target={inputId(session.name, mistake.place)}
                    onClick={(event) => {
                      event.preventDefault()
                      document.getElementById(inputId(session.name, mistake.place as never))?.focus()
                    }}
                  >
                    {label}
                  </a>
                ) : (
                  label
                )}
                {label && ": "}
                {words}
              </li>
            )
          })}
        </ul>
      </div>
    </div>
  )
}
