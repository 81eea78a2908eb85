import { IconPaperclip, IconTrash } from "@tabler/icons-react"
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { upload } from "../api/records.ts"
import { request } from "../api/request.ts"
import { tellProblem } from "../app/toasts.tsx"
import type { FileValue } from "../fields/file-input.tsx"
import { formatSize } from "../fields/format-size.ts"
import { useForm } from "../form/use-form.ts"
import { partsOf } from "../metadata/model.ts"
import { usePanelTexts } from "./text.ts"
import classes from "./panels.module.css"

interface Attachment {
  readonly id: string
  readonly file: FileValue
  readonly _can: readonly string[]
}

/** So many are shown. */
const LIMIT = 50

/** Files that belong to the record and to none of its fields. */
export function Attachments({ mayAttach }: { readonly mayAttach: boolean }) {
  const t = usePanelTexts()
  const { collection, id } = useForm()
  const path = `${collection}/${id}/$attachments`
  const [isBusy, setBusy] = useState(false)
  const { data, refetch } = useQuery({
    queryKey: ["attachments", path],
    retry: false,
    queryFn: async ({ signal }) =>
      (await request<{ readonly data: readonly Attachment[] }>(`${path}?limit=${LIMIT}`, { signal })).data.data,
  })
  const attach = async (files: readonly File[]): Promise<void> => {
    setBusy(true)
    try {
      for (const file of files) {
        const { data: made } = await upload(partsOf(collection).service, file)
        const headers = { "idempotency-key": made.id }
        await request(path, { method: "POST", body: { file: { id: made.id } }, headers })
      }
    } catch (error) {
      tellProblem(error)
    } finally {
      setBusy(false)
      void refetch()
    }
  }
  const remove = (attachment: Attachment): void => {
    request(`${path}/${attachment.id}`, { method: "DELETE" }).then(() => void refetch(), tellProblem)
  }
  if (!mayAttach && (data?.length ?? 0) === 0) return null
  return (
    // What is dropped here is attached; who has no pointer uses the button.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className={classes.attachments}
      aria-label={t.attachments}
      onDragOver={(event) => mayAttach && event.preventDefault()}
      onDrop={(event) => {
        if (!mayAttach) return
        event.preventDefault()
        void attach([...event.dataTransfer.files])
      }}
    >
      <h2 className={classes.asideTitle}>{t.attachments}</h2>
      <ul className={classes.files}>
        {data?.map((attachment) => (
          <li key={attachment.id} className={classes.fileRow}>
            <a href={`${path}/${attachment.id}`} className={classes.fileName}>
              {attachment.file.name}
            </a>
            <span className={classes.when}>{formatSize(attachment.file.sizeBytes)}</span>
            {attachment._can.includes("delete") && (
              <button
                type="button"
                className="icon-button"
                aria-label={`${t.remove} ${attachment.file.name}`}
                onClick={() => remove(attachment)}
              >
                <IconTrash size={14} aria-hidden />
              </button>
            )}
          </li>
        ))}
      </ul>
      {mayAttach && (
        <label className={`button ${classes.attach}`} data-kind="plain">
          <IconPaperclip size={14} aria-hidden /> {isBusy ? t.uploading : t.attach}
          <input
            type="file"
            multiple
            className="visually-hidden"
            onChange={({ target }) => {
              void attach([...(target.files ?? [])])
              target.value = ""
            }}
          />
        </label>
      )}
    </section>
  )
}
