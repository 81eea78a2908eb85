import { IconAlertTriangle, IconCopy, IconTrash } from "@tabler/icons-react"
import { memo, type ReactNode } from "react"
import { Cell } from "../fields/cell.tsx"
import { FieldInput } from "../fields/field-input.tsx"
import { isNumeric } from "../fields/format.ts"
import type { FieldUi } from "../form/field-ui.ts"
import type { OwnedList } from "../form/form-model.ts"
import type { Line, Values } from "../form/form-state.ts"
import { inputId, placeKey } from "../form/problem-places.ts"
import { shownInLine } from "../form/provisional.ts"
import { useFormTexts } from "../form/text.ts"
import { mistakeAt, ofCode, useForm, useFormView, useMistakeText } from "../form/use-form.ts"
import { useLanguage } from "../i18n/language.ts"
import { partsOf, type UiField } from "../metadata/model.ts"
import classes from "./lines.module.css"

export interface LineRowProps {
  readonly list: OwnedList
  readonly line: Line
  readonly patch: Values | undefined
  readonly index: number
  /** The column that is typed into. */
  readonly active: number | undefined
  /** The column that Tab leads to from outside. */
  readonly entry: number | undefined
  readonly isEditable: (line: string, column: number) => boolean
  readonly range: { readonly left: number; readonly right: number } | undefined
  readonly mayRemove: boolean
  readonly mayAdd: boolean
  readonly onRemove: (line: string) => void
  readonly onDuplicate: (line: string) => void
}

/** A line of the grid. Its cells are plain text; the one that is typed into has the input of its field. */
export const LineRow = memo(function LineRow(props: LineRowProps) {
  const { list, line, patch, index, active, entry, isEditable, range, mayRemove, mayAdd, onRemove, onDuplicate } = props
  const t = useFormTexts()
  return (
    <>
      <div className={classes.index} role="rowheader" aria-label={t.lineOf(index + 1)}>
        <LineNote list={list.name} line={line.key} index={index} />
      </div>
      {list.columns.map(([name, field], column) => {
        const isInRange = range !== undefined && column >= range.left && column <= range.right
        const isActive = active === column
        const className = [classes.cell, isNumeric(field) && classes.number, isActive && classes.active]
        return (
          <div
            key={name}
            role="gridcell"
            aria-colindex={column + 2}
            // A cell of a grid may say so (ARIA 1.2, "gridcell"); the linter's list is of an older version.
            // oxlint-disable-next-line jsx-a11y/role-supports-aria-props
            aria-readonly={!isEditable(line.key, column)}
            aria-selected={isInRange || isActive}
            className={className.filter(Boolean).join(" ")}
            data-cell={column}
            data-range={isInRange || undefined}
            tabIndex={!isActive && entry === column ? 0 : -1}
          >
            {isActive ? (
              <ActiveCell list={list} line={line} patch={patch} name={name} field={field} />
            ) : (
              <RestingCell list={list} line={line} patch={patch} name={name} field={field} />
            )}
          </div>
        )
      })}
      <div className={classes.rowActions} role="gridcell">
        {mayAdd && (
          <button
            type="button"
            tabIndex={-1}
            className={`icon-button ${classes.rowButton}`}
            aria-label={`${t.duplicateLine} ${index + 1}`}
            onClick={() => onDuplicate(line.key)}
          >
            <IconCopy size={14} stroke={1.6} aria-hidden />
          </button>
        )}
        {mayRemove && (
          <button
            type="button"
            tabIndex={-1}
            className={`icon-button ${classes.rowButton}`}
            aria-label={`${t.removeLine} ${index + 1}`}
            onClick={() => onRemove(line.key)}
          >
            <IconTrash size={14} stroke={1.6} aria-hidden />
          </button>
        )}
      </div>
    </>
  )
})

/** What is to be known of a whole line, else its number. */
function LineNote({
  list,
  line,
  index,
}: {
  readonly list: string
  readonly line: string
  readonly index: number
}): ReactNode {
  const textOf = useMistakeText()
  const isHere = ({
    place,
  }: {
    readonly place: { readonly list?: string | undefined; readonly line?: string | undefined } | undefined
  }) => place?.list === list && place.line === line
  const warning = useFormView(({ provisional }) => provisional.warnings.find(isHere))
  const refused = useFormView(({ refused: all }) => all.find((each) => isHere(each) && each.place?.field === ""))
  if (refused === undefined && warning === undefined) return index + 1
  const words = refused ? textOf(refused) : ofCode((warning as { code: string }).code)
  return (
    <span className={refused ? classes.wrong : classes.warning} title={words}>
      <IconAlertTriangle size={14} aria-hidden />
      <span className="visually-hidden">{words}</span>
    </span>
  )
}

interface CellProps {
  readonly list: OwnedList
  readonly line: Line
  readonly patch: Values | undefined
  readonly name: string
  readonly field: UiField
}

const RestingCell = memo(function RestingCell({ list, line, patch, name, field }: CellProps) {
  const language = useLanguage()
  const session = useForm()
  const place = { list: list.name, line: line.key, field: name }
  const key = placeKey(place)
  const { value, from } = shownInLine(line, patch, name)
  const typed = useFormView(({ unsettled }) => unsettled.get(key))
  const mistake = useFormView((view) => mistakeAt(view, place))
  const isComputed = field.writtenBy === "compute"
  const isPending = useFormView((view) => isComputed && view.isPending)
  const textOf = useMistakeText()
  return (
    <span
      // Where the summary of mistakes leads to: getting the focus makes it an input.
      id={inputId(session.name, place)}
      tabIndex={-1}
      className={classes.text}
      data-wrong={mistake !== undefined || undefined}
      data-provisional={(from === "provisional" && !isComputed) || undefined}
      data-pending={isPending || undefined}
      title={mistake && textOf(mistake, field.label)}
    >
      {typed ? typed.text : <Cell model={list.model} name={name} field={field} value={value} language={language} />}
    </span>
  )
})

function ActiveCell({ list, line, patch, name, field }: CellProps) {
  const session = useForm()
  const textOf = useMistakeText()
  const place = { list: list.name, line: line.key, field: name }
  const key = placeKey(place)
  const { value, from } = shownInLine(line, patch, name)
  const typed = useFormView(({ unsettled }) => unsettled.get(key))
  const mistake = useFormView((view) => mistakeAt(view, place))
  const id = inputId(session.name, place)
  const { store } = session
  return (
    <>
      <FieldInput
        field={field as FieldUi}
        id={id}
        label={field.label}
        service={partsOf(list.model.collection).service}
        value={value}
        text={typed?.text}
        isNamed={from === "edit"}
        isProvisional={from === "provisional"}
        isInvalid={mistake !== undefined}
        isRequired={field.required === true}
        describedBy={mistake ? `${id}-about` : undefined}
        isCell
        focuses
        onValue={(next, pace) =>
          store.set(place, next, field.type === "one" ? "typing" : pace === "settled" ? "typing" : pace)
        }
        onText={(text, wrong) => store.setUnsettled({ place, text, mistake: wrong })}
        onLeave={() => store.touch(place)}
        onWork={(work) => session.settle(work)}
      />
      {mistake && (
        <span id={`${id}-about`} className={classes.about} role="alert">
          {textOf(mistake, field.label)}
        </span>
      )}
    </>
  )
}
