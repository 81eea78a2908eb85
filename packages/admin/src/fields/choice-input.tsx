import { emptied } from "../form/field-value.ts"
import { useFormTexts } from "../form/text.ts"
import { ariaOf, type InputProps } from "./input-props.ts"
import { valueLabel } from "./format.ts"
import classes from "./inputs.module.css"

/** One of a few values, by the browser's own control. */
export function ChoiceInput(props: InputProps) {
  const { field, id, value, isProvisional, isCell, focuses, onValue, onLeave } = props
  const t = useFormTexts()
  const className = [classes.input, classes.select, isCell && classes.cell, isProvisional && classes.provisional]
  const isEmpty = value === null || value === undefined
  return (
    <select
      id={id}
      className={className.filter(Boolean).join(" ")}
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={focuses}
      {...ariaOf(props)}
      value={isEmpty ? "" : String(value)}
      onChange={({ target }) => onValue(target.value === "" ? emptied(field) : target.value, "settled")}
      onBlur={onLeave}
    >
      {(field.optional || isEmpty) && <option value="">{field.optional ? t.none : t.choose}</option>}
      {field.values?.map((each) => (
        <option key={each} value={each}>
          {valueLabel(field, each)}
        </option>
      ))}
    </select>
  )
}

/** Yes or no; where it may be empty as well, a choice of three. */
export function BoolInput(props: InputProps) {
  const { field, id, value, focuses, onValue, onLeave } = props
  const t = useFormTexts()
  if (field.optional) {
    return (
      <select
        id={id}
        className={`${classes.input} ${classes.select} ${props.isCell ? classes.cell : ""}`}
        {...ariaOf(props)}
        value={value === true ? "true" : value === false ? "false" : ""}
        onChange={({ target }) => onValue(target.value === "" ? null : target.value === "true", "settled")}
        onBlur={onLeave}
      >
        <option value="">{t.none}</option>
        <option value="true">{t.yes}</option>
        <option value="false">{t.no}</option>
      </select>
    )
  }
  return (
    <input
      id={id}
      type="checkbox"
      className={classes.check}
      // oxlint-disable-next-line jsx-a11y/no-autofocus
      autoFocus={focuses}
      {...ariaOf(props)}
      checked={value === true}
      onChange={({ target }) => onValue(target.checked, "settled")}
      onBlur={onLeave}
    />
  )
}
