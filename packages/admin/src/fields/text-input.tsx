import { IconCalendar } from "@tabler/icons-react"
import { type KeyboardEvent, type ReactNode, useLayoutEffect, useRef, useState } from "react"
import { editableText, emptied, isNumeric, valueOfText } from "../form/field-value.ts"
import { useFormTexts } from "../form/text.ts"
import { useReader } from "../form/use-form.ts"
import { useLanguage } from "../i18n/language.ts"
import { formatValue, symbolOf } from "./format.ts"
import { ariaOf, type InputProps } from "./input-props.ts"
import { instantOf, localOf } from "../form/date-text.ts"
import type { UiField } from "../metadata/model.ts"
import classes from "./inputs.module.css"

const kinds: Readonly<Record<string, { readonly inputMode?: "decimal" | "numeric" | "email" | "tel" | "url" }>> = {
  integer: { inputMode: "numeric" },
  bigint: { inputMode: "numeric" },
  decimal: { inputMode: "decimal" },
  money: { inputMode: "decimal" },
  email: { inputMode: "email" },
  phone: { inputMode: "tel" },
  url: { inputMode: "url" },
}

/** As it stands there while nobody types: amounts with their groups, days with the month's name. */
function restingText(field: UiField, value: unknown, language: "en" | "fr"): string {
  if (field.type === "money") return formatValue({ ...field, type: "decimal" }, value, language)
  return formatValue(field, value, language)
}

/** Values that are typed as one line: texts, numbers, days, instants. Numbers stay texts, so no key but digits changes them. */
export function TextInput(props: InputProps) {
  const { field, id, value, text, isNamed, isProvisional, isCell, focuses, onValue, onText, onLeave } = props
  const reader = useReader()
  const language = useLanguage()
  const [draft, setDraft] = useState<string>()
  const selects = useRef(false)
  const input = useRef<HTMLInputElement>(null)
  const before = useRef<unknown>(undefined)
  const textBefore = useRef("")
  const isDay = field.type === "date" || field.type === "datetime"
  const selectsAll = isCell === true || isDay || isNumeric(field)

  // Once the text is there that is edited.
  useLayoutEffect(() => {
    if (selects.current) input.current?.select()
    selects.current = false
  })

  const type = (given: string): void => {
    setDraft(given)
    const typed = valueOfText(field, given, reader)
    if (typed.ok) onValue(typed.value, "typing")
    else onText(given, typed)
  }
  const revert = (event: KeyboardEvent): void => {
    if (draft === undefined || (draft === textBefore.current && text === undefined)) return
    event.preventDefault()
    event.stopPropagation()
    onValue(before.current, "settled")
    setDraft(textBefore.current)
    selects.current = selectsAll
  }
  const symbol = field.type === "money" && !isCell && field.currency ? symbolOf(field.currency, language) : undefined
  const className = [
    classes.input,
    isCell && classes.cell,
    isNumeric(field) && classes.number,
    isProvisional && classes.provisional,
    symbol && classes.hasBefore,
    isDay && !isCell && classes.hasAfter,
  ]
  const own = (
    <input
      ref={input}
      id={id}
      className={className.filter(Boolean).join(" ")}
      type="text"
      autoComplete="off"
      spellCheck={field.type === "text"}
      // The caller's choice: what was opened to be typed into.
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={focuses}
      {...kinds[field.type]}
      {...ariaOf(props)}
      maxLength={field.maxLength}
      value={draft ?? text ?? restingText(field as UiField, value, language)}
      onFocus={() => {
        before.current = isNamed ? value : undefined
        textBefore.current = editableText(field, value, reader)
        setDraft(text ?? textBefore.current)
        selects.current = selectsAll
      }}
      onChange={(event) => type(event.target.value)}
      onBlur={() => {
        setDraft(undefined)
        onLeave?.()
      }}
      onKeyDown={(event) => event.key === "Escape" && revert(event)}
    />
  )
  if (symbol === undefined && (!isDay || isCell)) return own
  return (
    <With before={symbol}>
      {own}
      {isDay && <DayPicker {...props} />}
    </With>
  )
}

const With = ({ before, children }: { readonly before: string | undefined; readonly children: ReactNode }) => (
  <div className={classes.with}>
    {before !== undefined && (
      <span className={classes.before} aria-hidden>
        {before}
      </span>
    )}
    {children}
  </div>
)

/** The browser's own calendar, beside the text: it is known to everybody, in their language. */
function DayPicker({ field, id, value, onValue }: InputProps) {
  const t = useFormTexts()
  const { timeZone } = useReader()
  const native = useRef<HTMLInputElement>(null)
  const isInstant = field.type === "datetime"
  const shown = typeof value !== "string" ? "" : isInstant ? localOf(value, timeZone).slice(0, 16) : value
  return (
    <span className={classes.after}>
      <input
        ref={native}
        className={classes.native}
        type={isInstant ? "datetime-local" : "date"}
        tabIndex={-1}
        aria-hidden
        value={shown}
        onChange={({ target }) => {
          if (target.value === "") onValue(emptied(field), "settled")
          else onValue(isInstant ? instantOf(`${target.value}:00`, timeZone) : target.value, "settled")
        }}
      />
      <button
        type="button"
        className="icon-button"
        tabIndex={-1}
        aria-label={t.pickDay}
        aria-controls={id}
        onClick={() => native.current?.showPicker()}
      >
        <IconCalendar size={15} stroke={1.6} aria-hidden />
      </button>
    </span>
  )
}

/** Long texts, and what is written like them. */
export function AreaInput(props: InputProps) {
  const { field, id, value, text, focuses, onValue, onText, onLeave } = props
  const reader = useReader()
  const [draft, setDraft] = useState<string>()
  return (
    <textarea
      id={id}
      className={`${classes.input} ${classes.area} ${field.type === "longText" ? "" : classes.mono}`}
      rows={3}
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={focuses}
      {...ariaOf(props)}
      value={draft ?? text ?? editableText(field, value, reader)}
      onChange={(event) => {
        const given = event.target.value
        setDraft(given)
        const typed = valueOfText(field, given, reader)
        if (typed.ok) onValue(typed.value, "typing")
        else onText(given, typed)
      }}
      onBlur={() => {
        setDraft(undefined)
        onLeave?.()
      }}
    />
  )
}
