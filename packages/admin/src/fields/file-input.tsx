import { IconPaperclip, IconTrash } from "@tabler/icons-react"
import { useId, useState } from "react"
import { upload } from "../api/records.ts"
import { tellProblem } from "../app/toasts.tsx"
import { emptied } from "../form/field-value.ts"
import { useFormTexts } from "../form/text.ts"
import { formatSize } from "./format-size.ts"
import { ariaOf, type InputProps } from "./input-props.ts"
import classes from "./inputs.module.css"

/** A file as it is in a field. */
export interface FileValue {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly sizeBytes: number
}

interface FileInputProps extends InputProps {
  readonly service: string
  /** Where the stored file is read; undefined while it is not stored yet. */
  readonly address: string | undefined
}

/** A file or picture: uploaded when it is chosen, written into the field when the record is saved. */
export function FileInput(props: FileInputProps) {
  const { field, id, value, service, address, onValue, onWork } = props
  const t = useFormTexts()
  const [isBusy, setBusy] = useState(false)
  const describes = useId()
  const file = value as FileValue | null | undefined
  const take = (chosen: File | undefined): void => {
    if (chosen === undefined) return
    setBusy(true)
    const work = upload(service, chosen)
      .then(({ data }) => onValue(data, "settled"), tellProblem)
      .finally(() => setBusy(false))
    onWork?.(work)
  }
  return (
    <div
      className={classes.file}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        take(event.dataTransfer.files[0])
      }}
    >
      {file && field.type === "image" && address !== undefined && (
        <img className={classes.thumb} src={address} alt={file.name} loading="lazy" />
      )}
      {file && (
        <span id={describes} className={classes.fileName}>
          {address === undefined ? file.name : <a href={address}>{file.name}</a>}{" "}
          <span className={classes.quiet}>{formatSize(file.sizeBytes)}</span>
        </span>
      )}
      <label className="button" htmlFor={id}>
        <IconPaperclip size={14} aria-hidden /> {isBusy ? t.uploading : t.upload}
      </label>
      <input
        id={id}
        className="visually-hidden"
        type="file"
        accept={field.type === "image" ? "image/*" : undefined}
        {...ariaOf(props)}
        onChange={({ target }) => {
          take(target.files?.[0])
          target.value = ""
        }}
      />
      {file && field.optional && (
        <button
          type="button"
          className="icon-button"
          aria-label={`${t.remove} ${file.name}`}
          onClick={() => onValue(emptied(field), "settled")}
        >
          <IconTrash size={15} aria-hidden />
        </button>
      )}
    </div>
  )
}
