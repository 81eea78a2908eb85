import { Button } from "@mantine/core"
import { useId } from "react"
import type { UiModel } from "../metadata/model.ts"
import { fieldOf, keysOf, type Mapping, missingOf, type Target } from "./mapping.ts"
import { Step } from "./step.tsx"
import type { Table } from "./table.ts"
import { useImportTexts } from "./text.ts"
import classes from "./import.module.css"

/** Values of a column that are shown, so that one sees what it is. */
const SAMPLES = 3

function sampleOf(table: Table, column: number): string {
  const values = new Set<string>()
  for (const row of table.rows) {
    const text = row[column]
    if (text) values.add(text)
    if (values.size === SAMPLES) break
  }
  return [...values].join(" · ")
}

interface MapColumnsProps {
  readonly model: UiModel
  readonly table: Table
  readonly targets: readonly Target[]
  readonly mapping: Mapping
  readonly keyPath: string | undefined
  readonly onMapping: (mapping: Mapping) => void
  readonly onKey: (path: string | undefined) => void
  readonly onBack: () => void
  readonly onCheck: () => void
}

/** What each column fills, and which records the rows are. */
export function MapColumns(props: MapColumnsProps) {
  const { model, table, targets, mapping, keyPath, onMapping, onKey, onBack, onCheck } = props
  const t = useImportTexts()
  const id = useId()
  const keys = model.rights.update ? keysOf(model, mapping) : []
  const isFilled = mapping.some((path) => path !== undefined)
  const missing = model.rights.create ? missingOf(model, mapping) : []
  const nameOf = (column: number): string => table.headers[column] || t.unnamed(column + 1)
  const fill = (column: number, path: string): void =>
    onMapping(mapping.map((each, i) => (i === column ? path || undefined : each)))
  return (
    <Step title={t.columns}>
      <p className={classes.quiet}>{t.about(table.name, table.rows.length)}</p>
      <div className={classes.scroll}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t.column}</th>
              <th scope="col">{t.sample}</th>
              <th scope="col">{t.fills}</th>
            </tr>
          </thead>
          <tbody>
            {table.headers.map((_, column) => {
              const taken = new Set(mapping.flatMap((path, i) => (path && i !== column ? [fieldOf(path)] : [])))
              return (
                // Columns stay where they are.
                <tr key={column}>
                  <th scope="row">{nameOf(column)}</th>
                  <td className={classes.sample}>{sampleOf(table, column)}</td>
                  <td>
                    <select
                      className={classes.select}
                      aria-label={t.fillsOf(nameOf(column))}
                      value={mapping[column] ?? ""}
                      onChange={({ target }) => fill(column, target.value)}
                    >
                      <option value="">{t.leftOut}</option>
                      {targets.map(({ path, label }) => (
                        <option key={path} value={path} disabled={taken.has(fieldOf(path))}>
                          {label}
                        </option>
                      ))}
                    </select>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {model.rights.update && (
        <div className={classes.key}>
          <label htmlFor={`${id}-key`}>{t.key}</label>
          <select
            id={`${id}-key`}
            className={classes.select}
            aria-describedby={`${id}-hint`}
            value={keyPath ?? ""}
            onChange={({ target }) => onKey(target.value || undefined)}
          >
            {model.rights.create && <option value="">{t.keyNone}</option>}
            {!model.rights.create && keyPath === undefined && <option value="">–</option>}
            {keys.map(({ path, label }) => (
              <option key={path} value={path}>
                {t.keyOf(label)}
              </option>
            ))}
          </select>
          <p id={`${id}-hint`} className={classes.quiet}>
            {t.keyHint}
          </p>
        </div>
      )}
      {isFilled && missing.length > 0 && (
        <p role="status" className={classes.hint}>
          {t.missing(missing.join(", "))}
        </p>
      )}
      <div className={classes.buttons}>
        <span className={classes.quiet}>{isFilled ? t.checkHint : t.nothingFilled}</span>
        <Button variant="default" onClick={onBack}>
          {t.anotherFile}
        </Button>
        <Button disabled={!isFilled || (!model.rights.create && keyPath === undefined)} onClick={onCheck}>
          {t.check}
        </Button>
      </div>
    </Step>
  )
}
