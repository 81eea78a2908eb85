import { Button } from "@mantine/core"
import { IconChevronRight } from "@tabler/icons-react"
import type { WhereJson } from "@archipel/core"
import { useState } from "react"
import { knownTitle } from "../api/titles.ts"
import { valueLabel } from "../fields/format.ts"
import { automatic, isOne, type UiModel } from "../metadata/model.ts"
import { parseTyped } from "./editable.ts"
import {
  type Facet,
  type FacetOperator,
  needsValue,
  operatorsOf,
  takesSeveral,
  withinDays,
  writeFacet,
} from "./facets.ts"
import { type FieldPath, ownPaths, useFieldsBehind } from "./paths.ts"
import { RecordPicker } from "./record-picker.tsx"
import { useListTexts } from "./text.ts"
import { ValueInput } from "./value-input.tsx"
import classes from "./filter-builder.module.css"

const folded = (text: string): string => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase()
function FieldChoice({ model, choose }: { readonly model: UiModel; readonly choose: (field: FieldPath) => void }) {
  const t = useListTexts()
  const [words, setWords] = useState("")
  const [opened, setOpened] = useState<readonly string[]>([])
  const behind = useFieldsBehind(model, opened)
  const all = ownPaths(model).filter(({ field }) => operatorsOf(field).length > 0)
  const ordered = [...all.filter(({ path }) => !automatic.has(path)), ...all.filter(({ path }) => automatic.has(path))]
  const shown = ordered.flatMap((each) => [each, ...(opened.includes(each.path) ? (behind(each.path) ?? []) : [])])
  const found = shown.filter(({ label }) => folded(label).includes(folded(words)))
  return (
    <>
      <input
        className={classes["find"]}
        placeholder={t.findField}
        aria-label={t.findField}
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          const [first] = found
          if (event.key === "Enter" && first) choose(first)
        }}
        data-autofocus
      />
      <ul className={classes["fields"]}>
        {found.map((each) => (
          <li key={each.path} className={each.path.includes(".") ? classes["deeper"] : undefined}>
            <button type="button" className={classes["field"]} onClick={() => choose(each)}>
              {each.path.includes(".") ? each.label.split(" · ").at(-1) : each.label}
            </button>
            {isOne(each.field) && each.field.collection !== undefined && !each.path.includes(".") && (
              <button
                type="button"
                className="icon-button"
                aria-label={t.through(each.label)}
                aria-expanded={opened.includes(each.path)}
                onClick={() =>
                  setOpened(
                    opened.includes(each.path) ? opened.filter((path) => path !== each.path) : [...opened, each.path],
                  )
                }
              >
                <IconChevronRight size={14} aria-hidden />
              </button>
            )}
          </li>
        ))}
        {found.length === 0 && <li className={classes["note"]}>{t.noMatch}</li>}
      </ul>
    </>
  )
}

function Values({
  chosen,
  operator,
  values,
  change,
}: {
  readonly chosen: FieldPath
  readonly operator: FacetOperator
  readonly values: readonly string[]
  readonly change: (values: readonly string[]) => void
}) {
  const t = useListTexts()
  const { field, label } = chosen
  if (operator === "within") {
    return (
      <select
        className={classes["find"]}
        aria-label={t.value}
        value={values[0] ?? "month"}
        onChange={(event) => change([event.currentTarget.value])}
      >
        {Object.keys(withinDays).map((period) => (
          <option key={period} value={period}>
            {t.within[period as keyof typeof withinDays]}
          </option>
        ))}
      </select>
    )
  }
  if (isOne(field) && field.collection !== undefined) {
    const { collection } = field
    return (
      <>
        {values.map((id) => {
          const title = knownTitle(collection, id)
          const name = title && "title" in title ? title.title : id.slice(-8)
          return (
            <button
              key={id}
              type="button"
              className={classes["picked"]}
              aria-label={t.removeFacet(name)}
              onClick={() => change(values.filter((each) => each !== id))}
            >
              {name} ×
            </button>
          )
        })}
        <RecordPicker
          collection={collection}
          display={field.display}
          label={label}
          isFocused
          pick={(picked) =>
            picked && change(takesSeveral(operator) ? [...new Set([...values, picked.id])] : [picked.id])
          }
        />
      </>
    )
  }
  if (takesSeveral(operator) && (field.type === "states" || field.type === "choice")) {
    return (
      <div className={classes["choices"]}>
        {field.values?.map((each) => (
          <label key={each} className={classes["choice"]}>
            <input
              type="checkbox"
              checked={values.includes(each)}
              onChange={() => change(values.includes(each) ? values.filter((one) => one !== each) : [...values, each])}
            />
            {valueLabel(field, each)}
          </label>
        ))}
      </div>
    )
  }
  const typed = field.type === "datetime" ? ({ ...field, type: "date" } as const) : field
  return (
    <ValueInput field={typed} value={values[0] ?? ""} change={(value) => change([value])} label={t.value} isFocused />
  )
}

/** Builds one filter: a field, what is asked of it, and a value. Only operators that the field can answer are offered. */
export function FilterForm({
  model,
  initial,
  apply,
  cancel,
}: {
  readonly model: UiModel
  readonly initial?: { readonly chosen: FieldPath; readonly facet: Facet } | undefined
  readonly apply: (condition: WhereJson) => void
  readonly cancel: () => void
}) {
  const t = useListTexts()
  const [chosen, setChosen] = useState<FieldPath | undefined>(initial?.chosen)
  const [operator, setOperator] = useState<FacetOperator | undefined>(initial?.facet.operator)
  const [values, setValues] = useState<readonly string[]>(initial?.facet.values ?? [])
  const [isInvalid, setInvalid] = useState(false)
  if (chosen === undefined) {
    return (
      <FieldChoice
        model={model}
        choose={(field) => {
          setChosen(field)
          setOperator(operatorsOf(field.field)[0])
        }}
      />
    )
  }
  const { field, label, path } = chosen
  const now = operator ?? "eq"
  const submit = (): void => {
    const given = now === "within" && values.length === 0 ? ["month"] : values.filter((value) => value !== "")
    if (!needsValue(now)) return apply(writeFacet({ path, operator: now, values: [] }, field))
    const parsed = isOne(field) ? given : given.map((value) => parseTyped(field, value))
    if (given.length === 0 || parsed.some((value) => value === undefined)) return setInvalid(true)
    apply(writeFacet({ path, operator: now, values: parsed.map(String) }, field))
  }
  return (
    <form
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <strong>{label}</strong>
      <select
        className={classes["find"]}
        aria-label={t.operator}
        value={now}
        onChange={(event) => setOperator(event.currentTarget.value as FacetOperator)}
      >
        {operatorsOf(field).map((each) => (
          <option key={each} value={each}>
            {t.operators[each]}
          </option>
        ))}
      </select>
      {needsValue(now) && <Values chosen={chosen} operator={now} values={values} change={setValues} />}
      {isInvalid && (
        <p role="alert" className={classes["invalid"]}>
          {t.invalid}
        </p>
      )}
      <div className={classes["actions"]}>
        <Button variant="subtle" color="gray" onClick={cancel}>
          {t.cancel}
        </Button>
        <Button type="submit">{t.apply}</Button>
      </div>
    </form>
  )
}
