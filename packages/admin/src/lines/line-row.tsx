import { IconAlertTriangle, IconCopy, IconTrash } from "@tabler/icons-react"
import { memo, type ReactNode } from "react"
import { Cell } from "../fields/cell.tsx"
import { FieldInput } from "../fields/field-input.tsx"
import { isNumeric } from "../fields/format.ts"
import type { FieldUi } from "../form/field-ui.ts"
import { isWritable, type OwnedList } from "../form/form-model.ts"
import type { Line, Values } from "../form/form-state.ts"
import { type LineNotes, lineNotes } from "../form/mistakes.ts"
import { inputId, type PlacedMistake } from "../form/problem-places.ts"
import { shownInLine, type ShownValue } from "../form/provisional.ts"
import { useFormTexts } from "../form/text.ts"
import { ofCode, useForm, useFormView, useMistakeText } from "../form/use-form.ts"
import { useLanguage, type Language } from "../i18n/language.ts"
import { partsOf, type UiField, type UiModel } from "../metadata/model.ts"
import classes from "./lines.module.css"

export interface LineRowProps {
  readonly list: OwnedList
  readonly line: Line
  readonly patch: Values | undefined
  readonly index: number
  /** The columns' widths. */
  readonly template: string
  /** Where it is, in pixels, if only the lines that are seen are in the page. */
  readonly top: number | undefined
  /** The column that is typed into. */
  readonly active: number | undefined
  /** The column that Tab leads to from outside. */
  readonly entry: number | undefined
  readonly range: { readonly left: number; readonly right: number } | undefined
  readonly mayWrite: boolean
  readonly onRemove: (line: string) => void
  readonly onDuplicate: (line: string) => void
}

/** A line of the grid. Its cells are plain text; the one that is typed into has the input of its field. */
export const LineRow = memo(function LineRow(props: LineRowProps) {
  const { list, line, patch, index, template, top, active, entry, range, mayWrite, onRemove, onDuplicate } = props
  const t = useFormTexts()
  const language = useLanguage()
  const textOf = useMistakeText()
  const session = useForm()
  const notes = useFormView((view) => lineNotes(view, line.key))
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={classes.row}
      data-line={line.key}
      style={{ gridTemplateColumns: template, ...(top !== undefined && { position: "absolute", insetInline: 0, top }) }}
    >
      <div className={classes.index} role="rowheader" aria-label={t.lineOf(index + 1)}>
        <LineNote notes={notes} index={index} />
      </div>
      {list.columns.map(([name, field], column) => {
        const isInRange = range !== undefined && column >= range.left && column <= range.right
        const isActive = active === column
        const className = [classes.cell, isNumeric(field) && classes.number, isActive && classes.active]
        const shown = shownInLine(line, patch, name)
        const mistake = notes?.mistakes.get(name)
        return (
          <div
            key={name}
            role="gridcell"
            aria-colindex={column + 2}
            // A cell of a grid may say so (ARIA 1.2, "gridcell"); the linter's list is of an older version.
            // oxlint-disable-next-line jsx-a11y/role-supports-aria-props
            aria-readonly={!mayWrite || !isWritable(field, line.stored === undefined)}
            aria-selected={isInRange || isActive}
            className={className.filter(Boolean).join(" ")}
            data-cell={column}
            data-range={isInRange || undefined}
            tabIndex={!isActive && entry === column ? 0 : -1}
          >
            {isActive ? (
              <ActiveCell
                list={list}
                line={line.key}
                name={name}
                field={field}
                shown={shown}
                typed={notes?.typed.get(name)}
                mistake={mistake}
              />
            ) : (
              <RestingCell
                id={inputId(session.name, { list: list.name, line: line.key, field: name })}
                model={list.model}
                name={name}
                field={field}
                value={shown.value}
                isProvisional={shown.from === "provisional"}
                typed={notes?.typed.get(name)}
                wrong={mistake && textOf(mistake, field.label)}
                language={language}
              />
            )}
          </div>
        )
      })}
      <div className={classes.rowActions} role="gridcell">
        {mayWrite && (
          <>
            <button
              type="button"
              tabIndex={-1}
              className={`icon-button ${classes.rowButton}`}
              aria-label={`${t.duplicateLine} ${index + 1}`}
              onClick={() => onDuplicate(line.key)}
            >
              <IconCopy size={14} stroke={1.6} aria-hidden />
            </button>
            <button
              type="button"
              tabIndex={-1}
              className={`icon-button ${classes.rowButton}`}
              aria-label={`${t.removeLine} ${index + 1}`}
              onClick={() => onRemove(line.key)}
            >
              <IconTrash size={14} stroke={1.6} aria-hidden />
            </button>
          </>
        )}
      </div>
    </div>
  )
})

/** What is to be known of a whole line, else its number. */
function LineNote({ notes, index }: { readonly notes: LineNotes | undefined; readonly index: number }): ReactNode {
  const textOf = useMistakeText()
  const mistake = notes?.mistakes.get("")
  const words = mistake ? textOf(mistake) : notes?.warning && ofCode(notes.warning.code)
  if (words === undefined) return index + 1
  return (
    <span className={mistake ? classes.wrong : classes.warning} title={words}>
      <IconAlertTriangle size={14} aria-hidden />
      <span className="visually-hidden">{words}</span>
    </span>
  )
}

interface RestingCellProps {
  readonly id: string
  readonly model: UiModel
  readonly name: string
  readonly field: UiField
  readonly value: unknown
  readonly isProvisional: boolean
  readonly typed: string | undefined
  /** What is wrong with it, in words. */
  readonly wrong: string | undefined
  readonly language: Language
}

const RestingCell = memo(function RestingCell(props: RestingCellProps) {
  const { id, model, name, field, value, isProvisional, typed, wrong, language } = props
  const isComputed = field.writtenBy === "compute"
  return (
    <span
      // Where the summary of mistakes leads to: getting the focus makes it an input.
      id={id}
      tabIndex={-1}
      className={isComputed ? `${classes.text} ${classes.computed}` : classes.text}
      data-wrong={wrong !== undefined || undefined}
      data-provisional={(isProvisional && !isComputed) || undefined}
      title={wrong}
    >
      {typed ?? <Cell model={model} name={name} field={field} value={value} language={language} />}
    </span>
  )
})

interface ActiveCellProps {
  readonly list: OwnedList
  readonly line: string
  readonly name: string
  readonly field: UiField
  readonly shown: ShownValue
  readonly typed: string | undefined
  readonly mistake: PlacedMistake | undefined
}

function ActiveCell({ list, line, name, field, shown, typed, mistake }: ActiveCellProps) {
  const session = useForm()
  const textOf = useMistakeText()
  const place = { list: list.name, line, field: name }
  const id = inputId(session.name, place)
  const { store } = session
  return (
    <>
      <FieldInput
        field={field as FieldUi}
        id={id}
        label={field.label}
        service={partsOf(list.model.collection).service}
        value={shown.value}
        text={typed}
        isNamed={shown.from === "edit"}
        isProvisional={shown.from === "provisional"}
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
