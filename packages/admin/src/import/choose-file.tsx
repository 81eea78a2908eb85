import { Button } from "@mantine/core"
import { IconFileSpreadsheet } from "@tabler/icons-react"
import { useRef, useState } from "react"
import { Step } from "./step.tsx"
import { type Table, type TableFault, tableLimits, tablesOf } from "./table.ts"
import { useImportTexts } from "./text.ts"
import classes from "./import.module.css"

const MEGABYTE = 1024 * 1024

/** A file to import from, chosen or dropped. */
export function ChooseFile({ onTable }: { readonly onTable: (table: Table) => void }) {
  const t = useImportTexts()
  const input = useRef<HTMLInputElement>(null)
  const [fault, setFault] = useState<TableFault>()
  const [sheets, setSheets] = useState<readonly Table[]>()
  const [isOver, setOver] = useState(false)
  const [isReading, setReading] = useState(false)
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return
    setFault(undefined)
    setReading(true)
    const read = await tablesOf(file).catch((): TableFault => "notRead")
    setReading(false)
    setSheets(undefined)
    if (typeof read === "string") setFault(read)
    else if (read.length === 1) onTable(read[0] as Table)
    else setSheets(read)
  }
  const { rows, bytes, columns } = tableLimits
  return (
    <Step title={t.file}>
      <div
        className={classes.drop}
        data-over={isOver || undefined}
        aria-busy={isReading}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          void take(event.dataTransfer.files[0])
        }}
      >
        <IconFileSpreadsheet size={32} stroke={1.4} aria-hidden />
        <p>{t.dropHere}</p>
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.txt,.xlsx,text/csv,text/plain,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
          hidden
          onChange={({ target }) => {
            void take(target.files?.[0])
            // The same file again, mended, is a change too.
            target.value = ""
          }}
        />
        <Button disabled={isReading} onClick={() => input.current?.click()}>
          {t.choose}
        </Button>
        <p className={classes.quiet}>{t.bounds(rows, bytes / MEGABYTE, columns)}</p>
      </div>
      {sheets && (
        <div className={classes.sheets} role="group" aria-label={t.sheets}>
          <p>{t.sheets}</p>
          {sheets.map((sheet) => (
            <Button key={sheet.name} variant="default" onClick={() => onTable(sheet)}>
              {t.about(sheet.name, sheet.rows.length)}
            </Button>
          ))}
        </div>
      )}
      {fault && (
        <p role="alert" className={classes.fault}>
          {t.faults[fault]}
        </p>
      )}
    </Step>
  )
}
