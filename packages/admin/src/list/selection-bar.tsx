import { Button } from "@mantine/core"
import { IconX } from "@tabler/icons-react"
import { useState } from "react"
import { bulkLater } from "../api/delayed.ts"
import { type BulkChange, bulk, type BulkResult, type RecordData } from "../api/records.ts"
import { announce } from "../app/announce.ts"
import { Dialog } from "../app/dialog.tsx"
import { tellDone, tellProblem } from "../app/toasts.tsx"
import { inverseOf } from "../form/transitions.ts"
import { isOne, type UiField, type UiModel, type UiTransition } from "../metadata/model.ts"
import { isEditableColumn, parseTyped } from "./editable.ts"
import { RecordPicker } from "./record-picker.tsx"
import { MAX_SELECTED, type Selection, useSelection } from "./selection.ts"
import { type ListTexts, useListTexts } from "./text.ts"
import { ValueInput } from "./value-input.tsx"
import classes from "./selection-bar.module.css"
import tool from "./filter-builder.module.css"

export interface SelectionBarProps {
  readonly model: UiModel
  readonly selection: Selection
  /** Rows that match in all, if more than are selected can be. */
  readonly total: number | undefined
  readonly selectMatching: () => void
  /** What was refused, by row. */
  readonly setFailed: (failed: ReadonlyMap<string, string>) => void
  readonly setGone: (ids: readonly string[], gone: boolean) => void
}

interface Refused {
  readonly title: string
  readonly why: string
}

const versionOf = (row: RecordData): { readonly version?: number } =>
  typeof row["version"] === "number" ? { version: row["version"] } : {}

const titleOf = (model: UiModel, row: RecordData | undefined): string =>
  String((model.display !== undefined && row?.[model.display]) || row?.id.slice(-8))

/** The transitions that some of the rows can make, as far as their states are known. */
function transitionsOf(model: UiModel, rows: readonly RecordData[]) {
  return Object.entries(model.transitions)
    .filter(([, { input }]) => Object.values(input).every(({ required }) => !required))
    .map(([name, transition]) => ({
      name,
      transition,
      count: rows.filter((row) => {
        const state = row[transition.field]
        return state === undefined || transition.from.includes(String(state))
      }).length,
    }))
    .filter(({ count }) => count > 0)
}

const invoking =
  (action: string) =>
  (row: RecordData): BulkChange => ({ operation: "invoke", id: row.id, action, ...versionOf(row) })

/** What leads each row back to where it was, where its service has such a transition. */
const takingBack =
  (model: UiModel, transition: UiTransition) =>
  (row: RecordData): BulkChange | undefined => {
    const back = inverseOf(model, transition, String(row[transition.field]))
    return back === undefined ? undefined : { operation: "invoke", id: row.id, action: back }
  }

function EditForm({
  model,
  rows,
  apply,
  close,
}: {
  readonly model: UiModel
  readonly rows: readonly RecordData[]
  readonly apply: (values: object, label: string) => void
  readonly close: () => void
}) {
  const t = useListTexts()
  const fields = Object.entries(model.fields).filter(([path, field]) => isEditableColumn(model, { path, field }))
  const [name, setName] = useState(fields[0]?.[0] ?? "")
  const [value, setValue] = useState("")
  const [picked, setPicked] = useState<{ readonly id: string; readonly title: string }>()
  const [isInvalid, setInvalid] = useState(false)
  const field = model.fields[name] as UiField
  const submit = (): void => {
    const parsed = isOne(field)
      ? (picked?.id ?? null)
      : field.type === "bool"
        ? value === "true"
        : parseTyped(field, value)
    if (parsed === undefined) return setInvalid(true)
    apply({ [name]: parsed }, field.label)
    close()
  }
  return (
    <form
      className={tool["form"]}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <select
        className={tool["find"]}
        aria-label={t.field}
        value={name}
        onChange={(event) => {
          setName(event.currentTarget.value)
          setValue("")
          setPicked(undefined)
        }}
      >
        {fields.map(([each, { label }]) => (
          <option key={each} value={each}>
            {label}
          </option>
        ))}
      </select>
      {isOne(field) ? (
        <RecordPicker
          collection={field.collection as string}
          display={field.display}
          label={t.value}
          value={picked}
          isOptional={field.optional === true}
          pick={setPicked}
        />
      ) : (
        <ValueInput key={name} field={field} value={value} change={setValue} label={t.value} isInvalid={isInvalid} />
      )}
      {isInvalid && (
        <p role="alert" className={tool["invalid"]}>
          {t.invalid}
        </p>
      )}
      <div className={tool["actions"]}>
        <Button variant="subtle" color="gray" onClick={close}>
          {t.cancel}
        </Button>
        <Button type="submit">{t.editSelected(rows.length)}</Button>
      </div>
    </form>
  )
}

function useBulk({ model, selection, setFailed, setGone }: SelectionBarProps, t: ListTexts) {
  const [isBusy, setBusy] = useState(false)
  const [refused, setRefused] = useState<readonly Refused[]>([])
  /** Tells which rows were refused, and gives them back. */
  const tellRefused = (rows: readonly RecordData[], results: readonly BulkResult[]): readonly RecordData[] => {
    const failures = results.flatMap((result, i) => {
      const row = rows[i]
      return result.ok || !row ? [] : [{ row, why: result.problem.detail ?? result.problem.title }]
    })
    setFailed(new Map(failures.map(({ row, why }) => [row.id, why])))
    setRefused(failures.map(({ row, why }) => ({ title: titleOf(model, row), why })))
    return failures.map(({ row }) => row)
  }
  const settle = (
    rows: readonly RecordData[],
    results: readonly BulkResult[],
    label: string,
    undo: (() => void) | undefined,
  ): void => {
    const failures = tellRefused(rows, results)
    const done = results.length - failures.length
    // What was refused stays selected, to be looked at.
    selection.set(
      rows.filter((_, i) => results[i]?.ok),
      false,
    )
    if (failures.length > 0) announce(t.someFailed(failures.length, results.length))
    if (done > 0) tellDone(t.done(done, label), undo ? { undo } : {})
  }
  const run = async (
    rows: readonly RecordData[],
    label: string,
    change: (row: RecordData) => BulkChange,
    back?: (row: RecordData, result: BulkResult) => BulkChange | undefined,
  ): Promise<void> => {
    setBusy(true)
    try {
      const results = await bulk(model.collection, rows.map(change))
      const reverse = back ? rows.flatMap((row, i) => (results[i]?.ok ? (back(row, results[i]) ?? []) : [])) : []
      const undo =
        reverse.length > 0
          ? () => void bulk(model.collection, reverse).catch((error: unknown) => tellProblem(error))
          : undefined
      settle(rows, results, label, undo)
    } catch (error) {
      tellProblem(error)
    } finally {
      setBusy(false)
    }
  }
  const removeLater = (rows: readonly RecordData[]): void => {
    const ids = rows.map(({ id }) => id)
    const changes = rows.map((row): BulkChange => ({ operation: "delete", id: row.id, ...versionOf(row) }))
    setGone(ids, true)
    selection.clear()
    const outcome = async (results: Promise<readonly BulkResult[]>): Promise<void> => {
      try {
        const refusedRows = tellRefused(rows, await results)
        setGone(
          refusedRows.map(({ id }) => id),
          false,
        )
      } catch (error) {
        setGone(ids, false)
        tellProblem(error)
      }
    }
    const takeBack = bulkLater(model.collection, changes, (results) => void outcome(results))
    tellDone(t.deleted(rows.length), {
      undo: () => {
        if (takeBack()) setGone(ids, false)
      },
    })
  }
  return { isBusy, refused, forget: () => setRefused([]), run, removeLater }
}

/** What can be done with the selected rows; what was refused is told row by row. */
export function SelectionBar(props: SelectionBarProps) {
  const { model, selection, total, selectMatching } = props
  const t = useListTexts()
  useSelection(selection)
  const { isBusy, refused, forget, run, removeLater } = useBulk(props, t)
  const [isEditing, setEditing] = useState(false)
  const [isDeleting, setDeleting] = useState(false)
  const rows = selection.rows()
  const count = rows.length
  const canEdit = Object.entries(model.fields).some(([path, field]) => isEditableColumn(model, { path, field }))
  const isArchived = count > 0 && rows.every((row) => row["archivedAt"])
  const invoke = (name: "archive" | "restore", label: string): void => {
    const opposite = name === "archive" ? "restore" : "archive"
    void run(
      rows,
      label,
      (row) => ({ operation: name, id: row.id }),
      (row) => ({ operation: opposite, id: row.id }),
    )
  }
  return (
    <>
      {refused.length > 0 && (
        <section className={classes["refused"]} aria-label={t.someFailed(refused.length, refused.length)}>
          <ul>
            {refused.slice(0, 50).map(({ title, why }, i) => (
              <li key={i}>
                <strong>{title}</strong> {why}
              </li>
            ))}
          </ul>
          <button type="button" className="icon-button" aria-label={t.close} onClick={forget}>
            <IconX size={14} aria-hidden />
          </button>
        </section>
      )}
      {count > 0 && (
        <div className={classes["bar"]} role="toolbar" aria-label={t.selected(count)} aria-busy={isBusy}>
          <strong className={classes["count"]}>{t.selected(count)}</strong>
          {total !== undefined && total > count && total <= MAX_SELECTED && (
            <button type="button" className="button" data-kind="plain" onClick={selectMatching}>
              {t.selectMatching(total)}
            </button>
          )}
          <span className={classes["gap"]} />
          {transitionsOf(model, rows).map(({ name, transition, count: some }) => (
            <button
              key={name}
              type="button"
              className="button"
              disabled={isBusy}
              onClick={() => void run(rows, transition.label, invoking(name), takingBack(model, transition))}
            >
              {transition.label}
              {some < count && <span className={classes["some"]}>{some}</span>}
            </button>
          ))}
          {canEdit && (
            <button type="button" className="button" disabled={isBusy} onClick={() => setEditing(true)}>
              {t.edit}
            </button>
          )}
          {model.archive && model.rights.update && (
            <button
              type="button"
              className="button"
              disabled={isBusy}
              onClick={() => invoke(isArchived ? "restore" : "archive", isArchived ? t.restore : t.archive)}
            >
              {isArchived ? t.restore : t.archive}
            </button>
          )}
          {model.rights.delete && (
            <button
              type="button"
              className="button"
              data-kind="danger"
              disabled={isBusy}
              onClick={() => setDeleting(true)}
            >
              {t.delete}
            </button>
          )}
          <button type="button" className="icon-button" aria-label={t.deselect} onClick={() => selection.clear()}>
            <IconX size={15} aria-hidden />
          </button>
        </div>
      )}
      <Dialog opened={isEditing} onClose={() => setEditing(false)} title={t.editSelected(count)} size="sm">
        <EditForm
          model={model}
          rows={rows}
          close={() => setEditing(false)}
          apply={(values, label) => {
            const names = Object.keys(values)
            void run(
              rows,
              label,
              (row) => ({ operation: "update", id: row.id, values, ...versionOf(row) }),
              (row) =>
                names.every((name) => name in row)
                  ? { operation: "update", id: row.id, values: before(row, names) }
                  : undefined,
            )
          }}
        />
      </Dialog>
      <Dialog opened={isDeleting} onClose={() => setDeleting(false)} title={t.deleteSure(count)} size="sm">
        <p>{t.deleteWhy}</p>
        <div className={classes["confirm"]}>
          <Button variant="default" onClick={() => setDeleting(false)} data-autofocus>
            {t.cancel}
          </Button>
          <Button
            color="red"
            onClick={() => {
              setDeleting(false)
              removeLater(rows)
            }}
          >
            {t.delete}
          </Button>
        </div>
      </Dialog>
    </>
  )
}

/** The values of these fields as they can be written back: references by id. */
const before = (row: RecordData, names: readonly string[]): object =>
  Object.fromEntries(
    names.map((name) => {
      const value = row[name]
      return [name, typeof value === "object" && value !== null ? (value as { readonly id?: unknown }).id : value]
    }),
  )
