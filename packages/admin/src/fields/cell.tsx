import { memo, type ReactNode } from "react"
import { type Language, texts } from "../i18n/language.ts"
import type { UiField, UiModel, UiOne } from "../metadata/model.ts"
import { toneOf } from "../metadata/tones.ts"
import { formatValue, isNumeric, referenceOf, valueLabel } from "./format.ts"
import { useRecordTitle } from "./use-record-title.ts"
import classes from "./cell.module.css"

const useTexts = texts(
  { masked: "Hidden by your rights", away: "Service away", yes: "Yes", no: "No", unknown: "Not visible" },
  { masked: "Masqué par vos droits", away: "Service absent", yes: "Oui", no: "Non", unknown: "Non visible" },
)

export interface CellProps {
  readonly model: UiModel
  /** The field's own name in `model`. */
  readonly name: string
  readonly field: UiField
  readonly value: unknown
  readonly language: Language
  /** The row says that this value may not be read. */
  readonly isMasked?: boolean
}

const badge = (tone: string, text: string): ReactNode => (
  <span className={`${classes["badge"]} ${classes[tone]}`}>{text}</span>
)

/** A state or choice, with its tone. */
export const Badge = ({ tone, children }: { readonly tone: string; readonly children: string }) => badge(tone, children)

/** The name of a record elsewhere, which is asked for together with those of its neighbours. */
function ResolvedTitle({
  collection,
  id,
  language,
}: {
  readonly collection: string
  readonly id: string
  readonly language: Language
}) {
  const t = useTexts.of(language)
  const title = useRecordTitle(collection, id)
  if (title === undefined) return <span className={classes["pending"]} />
  if ("title" in title) return title.title
  return title.missing === "unavailable" ? <Away id={id} text={t.away} /> : <Hidden text={t.unknown} />
}

const Away = ({ id, text }: { readonly id: string; readonly text: string }) => (
  <span className={classes["away"]} title={text}>
    {id.slice(-8)}
    <span className={`${classes["badge"]} ${classes["warning"]}`}>{text}</span>
  </span>
)

const Hidden = ({ text }: { readonly text: string }) => (
  <span className={classes["masked"]} title={text}>
    <span aria-hidden>•••</span>
    <span className="visually-hidden">{text}</span>
  </span>
)

function referenceContent(field: UiOne, value: unknown, language: Language): ReactNode {
  const t = useTexts.of(language)
  const reference = referenceOf(value, field.display)
  if (reference === undefined) return null
  if (reference.unavailable) return <Away id={reference.id} text={t.away} />
  if (reference.title !== undefined) return reference.title
  if (typeof value === "object") return <Hidden text={t.unknown} />
  return field.collection === undefined ? (
    reference.id.slice(-8)
  ) : (
    <ResolvedTitle collection={field.collection} id={reference.id} language={language} />
  )
}

/** A value as lists show it, as plain elements: what draws thousands of them calls this rather than have a component for each. */
export function cellContent({ model, name, field, value, language, isMasked }: CellProps): ReactNode {
  const t = useTexts.of(language)
  if (isMasked) return <Hidden text={t.masked} />
  if (value === null || value === undefined || value === "") return null
  switch (field.type) {
    case "states":
      return badge(toneOf(model, name, String(value)), valueLabel(field, String(value)))
    case "choice":
      return valueLabel(field, String(value))
    case "bool":
      return value === true ? (
        <span className={classes["yes"]} role="img" aria-label={t.yes}>
          ✓
        </span>
      ) : (
        <span className={classes["no"]} role="img" aria-label={t.no}>
          –
        </span>
      )
    case "one":
      return referenceContent(field, value, language)
    default:
      return formatValue(field, value, language)
  }
}

/** A value as lists show it, for where there are few. */
export const Cell = memo((props: CellProps) => cellContent(props))

/** The class of what holds a cell: numbers end at its end. */
export const cellAlign = (field: Pick<UiField, "type">): string =>
  isNumeric(field) ? (classes["number"] as string) : ""
