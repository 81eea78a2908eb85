import { type ReactNode, useId } from "react"
import { Cell } from "../fields/cell.tsx"
import { FieldInput } from "../fields/field-input.tsx"
import { recordAddress } from "../fields/record-address.ts"
import { useRecordTitle } from "../fields/use-record-title.ts"
import { isNumeric } from "../fields/format.ts"
import { useLanguage } from "../i18n/language.ts"
import { partsOf, type UiField, type UiModel, type UiOne } from "../metadata/model.ts"
import type { FieldUi } from "./field-ui.ts"
import type { Place } from "./form-state.ts"
import { inputId, placeKey } from "./problem-places.ts"
import { useFormTexts } from "./text.ts"
import { ofCode, useField, useForm, useFormView, useMistakeText } from "./use-form.ts"
import classes from "./form.module.css"

interface FieldRowProps {
  readonly place: Place
  readonly field: UiField
  /** The field's own label if left out. */
  readonly label?: string | undefined
  readonly focuses?: boolean
  /** The whole width, its label above. */
  readonly isWide?: boolean
  /** The model that has the field: of lines another than the form's. */
  readonly model?: UiModel
}

/** A field of the form: its label, its input or what is read of it, and what is wrong. */
export function FieldRow({ place, field, label = field.label, focuses, isWide, model }: FieldRowProps) {
  const session = useForm()
  const t = useFormTexts()
  const textOf = useMistakeText()
  const { value, from, typed, mistake, isReadOnly, isPending, set } = useField(place, field)
  const id = inputId(session.name, place)
  const about = useId()
  const warning = useFormView(({ provisional }) =>
    provisional.warnings.find((each) => each.place !== undefined && placeKey(each.place) === placeKey(place)),
  )
  const isProvisional = from === "provisional"
  const isRequired =
    field.required === true ||
    (field.writtenBy === "client" && !field.optional && field.type !== "manyToMany" && field.type !== "bool")
  const help = (field as { readonly help?: string }).help
  const message = mistake ? textOf(mistake, field.label) : warning ? ofCode(warning.code) : undefined
  const { store } = session
  const of = model ?? session.model.model
  const row = [classes.row, isWide && classes.wide, mistake && classes.wrong]
  if (isReadOnly) {
    return (
      <div className={row.filter(Boolean).join(" ")} data-type={field.type}>
        <span id={id} className={classes.label}>
          {label}
        </span>
        <div
          role="group"
          className={`${classes.read} ${isNumeric(field) ? classes.number : ""}`}
          aria-labelledby={id}
          aria-busy={isPending || undefined}
          data-provisional={isProvisional || undefined}
        >
          <ReadValue model={of} place={place} field={field} value={value} />
        </div>
        {message !== undefined && <p className={classes.message}>{message}</p>}
      </div>
    )
  }
  return (
    <div className={row.filter(Boolean).join(" ")} data-field={placeKey(place)}>
      <label className={classes.label} htmlFor={id} title={help}>
        {label}
        {label !== field.label && <span className="visually-hidden"> ({field.label})</span>}
        {isRequired && (
          <span className={classes.needed} aria-hidden>
            *
          </span>
        )}
      </label>
      <div className={classes.control}>
        <FieldInput
          field={field as FieldUi}
          id={id}
          service={partsOf(of.collection).service}
          address={
            isFile(field) && from === "stored" && place.list === undefined
              ? `${of.collection}/${session.id}/${place.field}`
              : undefined
          }
          value={value}
          text={typed?.text}
          isNamed={from === "edit"}
          isProvisional={isProvisional}
          isInvalid={mistake !== undefined}
          isRequired={isRequired}
          describedBy={message === undefined && help === undefined && !isProvisional ? undefined : about}
          focuses={focuses}
          onValue={(next, pace) => set(next, pace)}
          onText={(text, wrong) => store.setUnsettled({ place, text, mistake: wrong })}
          onLeave={() => store.touch(place)}
          onWork={(work) => session.settle(work)}
        />
        <p id={about} className={mistake ? classes.error : classes.message}>
          {message ?? (
            <span className="visually-hidden">{[help, isProvisional && t.provisional].filter(Boolean).join(" ")}</span>
          )}
        </p>
      </div>
    </div>
  )
}

const isFile = ({ type }: UiField): boolean => type === "file" || type === "image"

interface ReadValueProps {
  readonly model: UiModel
  readonly place: Place
  readonly field: UiField
  readonly value: unknown
}

/** A value that is only read. */
export function ReadValue({ model, place, field, value }: ReadValueProps): ReactNode {
  const session = useForm()
  const language = useLanguage()
  const t = useFormTexts()
  const isMasked = useFormView(({ state }) =>
    ((state.base?.["_masked"] ?? []) as readonly string[]).includes(place.field),
  )
  if (isMasked && place.list === undefined)
    return <Cell model={model} name={place.field} field={field} value={null} language={language} isMasked />
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) {
    return (
      <span className={classes.nothing}>
        <span aria-hidden>–</span>
        <span className="visually-hidden">{t.empty}</span>
      </span>
    )
  }
  switch (field.type) {
    case "one":
      return <ReadReference field={field} id={String(value)} />
    case "manyToMany":
      return (value as readonly string[]).map((id) => (
        <span key={id} className={classes.tag}>
          <ReadReference field={field as unknown as UiOne} id={id} />
        </span>
      ))
    case "longText":
      return <span className={classes.long}>{String(value)}</span>
    case "html":
    case "json":
      return (
        <pre className={classes.code}>{typeof value === "string" ? value : JSON.stringify(value, undefined, 2)}</pre>
      )
    case "email":
      return <a href={`mailto:${String(value)}`}>{String(value)}</a>
    case "phone":
      return <a href={`tel:${String(value).replaceAll(/[^\d+]/g, "")}`}>{String(value)}</a>
    case "url":
      return (
        <a href={String(value)} target="_blank" rel="noopener noreferrer">
          {String(value)}
        </a>
      )
    case "file":
    case "image":
      return (
        <a href={`${session.collection}/${session.id}/${place.field}`}>{String((value as { name?: unknown }).name)}</a>
      )
    default:
      return <Cell model={model} name={place.field} field={field} value={value} language={language} />
  }
}

function ReadReference({ field, id }: { readonly field: UiOne; readonly id: string }) {
  const t = useFormTexts()
  const title = useRecordTitle(field.collection, id)
  if (field.collection === undefined) return id.slice(-8)
  if (title === undefined) return <span className={classes.nothing}>…</span>
  if ("title" in title) return <a href={recordAddress(field.collection, id)}>{title.title}</a>
  return (
    <span className={classes.nothing} title={title.missing === "unavailable" ? t.away : t.hidden}>
      {title.missing === "unavailable" ? `${id.slice(-8)} · ${t.away}` : t.hidden}
    </span>
  )
}
