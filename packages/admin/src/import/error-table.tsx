import type { RowError } from "./run-import.ts"
import { rowOfNumber, type Table } from "./table.ts"
import { useImportTexts } from "./text.ts"
import classes from "./import.module.css"

/** Errors that are shown at once; the file of refused rows has more. */
const MAX_SHOWN = 200

/** What was refused, by row and column. */
export function ErrorTable({
  table,
  errors,
  whyOf,
}: {
  readonly table: Table
  readonly errors: readonly RowError[]
  readonly whyOf: (error: RowError) => string
}) {
  const t = useImportTexts()
  const nameOf = (column: number): string => table.headers[column] || t.unnamed(column + 1)
  const shown = errors.slice(0, MAX_SHOWN)
  return (
    <>
      {/* What scrolls is reached by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={classes.scroll} role="region" aria-label={t.errors} tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t.row}</th>
              <th scope="col">{t.column}</th>
              <th scope="col">{t.found}</th>
              <th scope="col">{t.why}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((error, i) => (
              // A row may be refused for the same thing twice.
              <tr key={i}>
                <td className={classes.number}>{error.row}</td>
                <td>{error.column === undefined ? "–" : nameOf(error.column)}</td>
                <td className={classes.sample}>
                  {error.column === undefined ? "" : (rowOfNumber(table, error.row)[error.column] ?? "")}
                </td>
                <td>{whyOf(error)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < errors.length && <p className={classes.quiet}>{t.moreErrors(shown.length, errors.length)}</p>}
    </>
  )
}
