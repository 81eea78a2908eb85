import { type KeyboardEvent, useEffect, useRef } from "react"
import { isNumeric, valueLabel } from "../fields/format.ts"
import type { UiField } from "../metadata/model.ts"
import classes from "./cell-editor.module.css"

const inputTypes: Readonly<Partial<Record<UiField["type"], string>>> = {
  date: "date",
  email: "email",
  url: "url",
  phone: "tel",
}
/** The input for one value, as a filter, a change of many and a cell use it. */
export function ValueInput({
  field,
  value,
  change,
  label,
  onKey,
  isInvalid = false,
  isFocused = false,
}: {
  readonly field: UiField
  readonly value: string
  readonly change: (value: string) => void
  readonly label: string
  readonly onKey?: (event: KeyboardEvent) => void
  readonly isInvalid?: boolean
  readonly isFocused?: boolean
}) {
  const input = useRef<HTMLInputElement>(null)
  const select = useRef<HTMLSelectElement>(null)
  useEffect(() => {
    if (!isFocused) return
    select.current?.focus()
    input.current?.focus()
    if (input.current?.type === "text") input.current.select()
  }, [isFocused])
  const shared = { "aria-label": label, "aria-invalid": isInvalid, className: classes["input"], onKeyDown: onKey }
  if (field.type === "choice" || field.type === "states" || field.type === "bool") {
    const values = field.type === "bool" ? ["true", "false"] : (field.values ?? [])
    return (
      <select {...shared} ref={select} value={value} onChange={(event) => change(event.currentTarget.value)}>
        {(field.optional || value === "") && <option value="">–</option>}
        {values.map((each) => (
          <option key={each} value={each}>
            {field.type === "bool" ? (each === "true" ? "✓" : "–") : valueLabel(field, each)}
          </option>
        ))}
      </select>
    )
  }
  return (
    <input
      {...shared}
      ref={input}
      type={inputTypes[field.type] ?? "text"}
      inputMode={isNumeric(field) ? "decimal" : undefined}
      autoComplete="off"
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
    />
  )
}
