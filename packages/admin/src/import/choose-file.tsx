import { Button } from "@mantine/core"
import { IconFileTypeCsv } from "@tabler/icons-react"
import { useRef, useState } from "react"
import { Step } from "./step.tsx"
import { type Table, type TableFault, tableLimits, tableOf } from "./table.ts"
import { useImportTexts } from "./text.ts"
import classes from "./import.module.css"

const MEGABYTE = 1024 * 1024

/** A file to import from, chosen or dropped. */
export function ChooseFile({ onTable }: { readonly onTable: (table: Table) => void }) {
  const t = useImportTexts()
  const input = useRef<HTMLInputElement>(null)
  const [fault, setFault] = useState<TableFault>()
  const [isOver, setOver] = useState(false)
  const [isReading, setReading] = useState(false)
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return
    setFault(undefined)
    setReading(true)
    const read = await tableOf(file).catch((): TableFault => "notText")
    setReading(false)
    if (typeof read === "string") setFault(read)
    else onTable(read)
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
        <IconFileTypeCsv size={32} stroke={1.4} aria-hidden />
        <p>{t.dropHere}</p>
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.txt,text/csv,text/plain"
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
      {fault && (
        <p role="alert" className={classes.fault}>
          {t.faults[fault]}
        </p>
      )}
    </Step>
  )
}
