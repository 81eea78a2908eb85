import { IconCopy, IconPlus, IconTrash } from "@tabler/icons-react"
import { useMemo, useState } from "react"
import { FieldRow } from "../form/field-row.tsx"
import type { OwnedList } from "../form/form-model.ts"
import { isBlank, type Line } from "../form/form-state.ts"
import { useFormTexts } from "../form/text.ts"
import { useForm, useFormView } from "../form/use-form.ts"
import classes from "./lines.module.css"

/** So many cards are shown at first, and with each further step. */
const STEP = 30
const noLines: readonly Line[] = []

/** Lines where there is no room for a grid: each is a card of fields. */
export function LineCards({ list, mayWrite }: { readonly list: OwnedList; readonly mayWrite: boolean }) {
  const t = useFormTexts()
  const { store } = useForm()
  const all = useFormView(({ state }) => state.lines[list.name] ?? noLines)
  const lines = useMemo(() => all.filter((line) => !line.deleted), [all])
  const [limit, setLimit] = useState(STEP)
  const [added, setAdded] = useState<string>()
  const add = (): void => {
    setAdded(store.addLine(list.name))
    setLimit((known) => Math.max(known, lines.length + 1))
  }
  const duplicate = (line: Line, index: number): void => {
    const values = { ...line.stored, ...line.edits }
    const given = list.columns.filter(([name, field]) => field.create && (values[name] ?? null) !== null)
    setAdded(store.addLine(list.name, Object.fromEntries(given.map(([name]) => [name, values[name]])), index + 1))
  }
  return (
    <div className={classes.cards}>
      {lines.slice(0, limit).map((line, index) => (
        <fieldset key={line.key} className={classes.card}>
          <legend className={classes.cardHead}>{t.lineOf(index + 1)}</legend>
          {mayWrite && (
            <div className={classes.cardActions}>
              {!isBlank(line) && (
                <button
                  type="button"
                  className="icon-button"
                  data-large
                  aria-label={`${t.duplicateLine} ${index + 1}`}
                  onClick={() => duplicate(line, index)}
                >
                  <IconCopy size={16} aria-hidden />
                </button>
              )}
              <button
                type="button"
                className="icon-button"
                data-large
                aria-label={`${t.removeLine} ${index + 1}`}
                onClick={() => store.removeLine(list.name, line.key)}
              >
                <IconTrash size={16} aria-hidden />
              </button>
            </div>
          )}
          {list.columns.map(([name, field], column) => (
            <FieldRow
              key={name}
              place={{ list: list.name, line: line.key, field: name }}
              field={field}
              model={list.model}
              focuses={line.key === added && column === 0}
            />
          ))}
        </fieldset>
      ))}
      {lines.length > limit && (
        <button
          type="button"
          className={`button ${classes.add}`}
          data-kind="plain"
          onClick={() => setLimit(limit + STEP)}
        >
          {t.moreLines(Math.min(STEP, lines.length - limit))}
        </button>
      )}
      {mayWrite && (
        <button type="button" className={`button ${classes.add}`} data-kind="plain" onClick={add}>
          <IconPlus size={14} aria-hidden /> {t.add}
        </button>
      )}
    </div>
  )
}
