import { type KeyboardEvent, useRef, useState } from "react"
import { referenceOf } from "../fields/format.ts"
import { isOne } from "../metadata/model.ts"
import type { Column } from "./columns.ts"
import { parseTyped } from "./editable.ts"
import { RecordPicker } from "./record-picker.tsx"
import { ValueInput } from "./value-input.tsx"
import classes from "./cell-editor.module.css"

type Move = "stay" | "down" | "next" | "previous"

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
        isFocused
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
      <ValueInput
        field={field}
        value={text}
        label={label}
        change={setText}
        onKey={onKey}
        isInvalid={isInvalid}
        isFocused
      />
    </span>
  )
}
