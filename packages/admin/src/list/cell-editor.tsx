import { type KeyboardEvent, useRef, useState } from "react"
import type { RecordData } from "../api/records.ts"
import { humanise, referenceOf } from "../fields/format.ts"
import type { Language } from "../i18n/language.ts"
import { isOne, type UiField, type UiModel } from "../metadata/model.ts"
import type { Column } from "./columns.ts"
import { RecordPicker } from "./record-picker.tsx"
import classes from "./cell-editor.module.css"

/** The cell that is edited. */
export interface CellEdit {
  readonly index: number
  readonly column: number
  readonly row: RecordData
}

const editable: ReadonlySet<UiField["type"]> = new Set([
  "text",
  "email",
  "phone",
  "url",
  "integer",
  "bigint",
  "decimal",
  "money",
  "bool",
  "date",
  "choice",
  "one",
])

/** Whether a column's cells can be written where they stand: the model's own fields of one line, as far as the rights go. */
export const isEditableColumn = (model: UiModel, { path, field }: Pick<Column, "path" | "field">): boolean =>
  model.rights.update &&
  field.update &&
  !path.includes(".") &&
  model.fields[path] === field &&
  editable.has(field.type) &&
  (!isOne(field) || field.collection !== undefined)

const inputTypes: Readonly<Partial<Record<UiField["type"], string>>> = { date: "date", email: "email", url: "url", phone: "tel" }
const numeric: ReadonlySet<string> = new Set(["integer", "bigint", "decimal", "money"])

/** What was typed as the value that is sent; undefined where it is none. */
export function parseTyped(field: Pick<UiField, "type">, text: string): unknown {
  const trimmed = text.trim()
  if (trimmed === "") return null
  if (!numeric.has(field.type)) return trimmed
  // Both points are understood, and spaces between thousands.
  const plain = trimmed.replaceAll(/[\s\u00a0\u202f]/g, "").replace(",", ".")
  if (!/^-?\d+(?:\.\d+)?$/.test(plain)) return undefined
  if (field.type === "integer") return Number.isInteger(Number(plain)) ? Number(plain) : undefined
  return plain
}

type Move = "stay" | "down" | "next" | "previous"

/** The input for one value, as a filter, a change of many and a cell use it. */
export function ValueInput({
  field,
  value,
  change,
  label,
  onKey,
  isInvalid = false,
  autoFocus = false,
}: {
  readonly field: UiField
  readonly value: string
  readonly change: (value: string) => void
  readonly label: string
  readonly onKey?: (event: KeyboardEvent) => void
  readonly isInvalid?: boolean
  readonly autoFocus?: boolean
}) {
  const focus = (element: HTMLElement | null): void => {
    if (autoFocus && element && !element.contains(document.activeElement)) {
      element.focus()
      if (element instanceof HTMLInputElement && element.type === "text") element.select()
    }
  }
  const focused = useRef(false)
  const first = (element: HTMLElement | null): void => {
    if (focused.current) return
    focused.current = true
    focus(element)
  }
  const shared = { "aria-label": label, "aria-invalid": isInvalid, className: classes["input"], onKeyDown: onKey }
  if (field.type === "choice" || field.type === "states" || field.type === "bool") {
    const values = field.type === "bool" ? ["true", "false"] : (field.values ?? [])
    return (
      <select {...shared} ref={first} value={value} onChange={(event) => change(event.currentTarget.value)}>
        {(field.optional || value === "") && <option value="" />}
        {values.map((each) => (
          <option key={each} value={each}>
            {field.type === "bool" ? (each === "true" ? "✓" : "–") : humanise(each)}
          </option>
        ))}
      </select>
    )
  }
  return (
    <input
      {...shared}
      ref={first}
      type={inputTypes[field.type] ?? "text"}
      inputMode={numeric.has(field.type) ? "decimal" : undefined}
      autoComplete="off"
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  )
}

const textOf = (value: unknown): string => (value === null || value === undefined ? "" : String(value))

/** Where a cell was, its input: Enter saves and goes down, Tab to the next cell, Escape leaves it as it was. */
export function CellEditor({
  column,
  value,
  save,
  cancel,
}: {
  readonly column: Column
  readonly value: unknown
  readonly language: Language
  readonly save: (value: unknown, move: Move) => void
  readonly cancel: () => void
}) {
  const { field, label } = column
  const [text, setText] = useState(() => textOf(value))
  const [isInvalid, setInvalid] = useState(false)
  const done = useRef(false)
  if (isOne(field)) {
    return (
      <RecordPicker
        collection={field.collection as string}
        display={field.display}
        label={label}
        value={referenceOf(value, field.display)}
        isOptional={field.optional === true}
        autoFocus
        pick={(picked) => save(picked === undefined ? null : picked.id, "down")}
        cancel={cancel}
      />
    )
  }
  const finish = (move: Move): void => {
    if (done.current) return
    const parsed = field.type === "bool" ? text === "true" : parseTyped(field, text)
    if (parsed === undefined) return setInvalid(true)
    done.current = true
    if (text === textOf(value)) return move === "stay" ? cancel() : save(undefined, move)
    save(parsed, move)
  }
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      done.current = true
      cancel()
    } else if (event.key === "Enter") finish("down")
    else if (event.key === "Tab") finish(event.shiftKey ? "previous" : "next")
    else {
      event.stopPropagation()
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <span className={classes["holder"]} onBlur={() => finish("stay")}>
      <ValueInput field={field} value={text} label={label} change={setText} onKey={onKey} isInvalid={isInvalid} autoFocus />
    </span>
  )
}
