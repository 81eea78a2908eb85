import { IconExternalLink, IconX } from "@tabler/icons-react"
import { useContext, useState } from "react"
import { emptied } from "../form/field-value.ts"
import { useFormTexts } from "../form/text.ts"
import { useModelIfAny } from "../metadata/use-metadata.ts"
import { ariaOf, type InputProps } from "./input-props.ts"
import { QuickCreateContext } from "./quick-create-context.ts"
import { RecordCombobox } from "./record-combobox.tsx"
import { type OptionsOf, optionOfText } from "./reference-options.ts"
import { recordAddress } from "./record-address.ts"
import { useRecordTitle } from "./use-record-title.ts"
import classes from "./inputs.module.css"

/**
 * A reference to one record: its name, with others offered while somebody types. Whoever types on and leaves need not wait: the record
 * of that name is found behind their back.
 */
export function ReferenceInput(props: InputProps) {
  const { field, id, value, text, isNamed, isProvisional, isCell, focuses, onValue, onText, onLeave, onWork } = props
  const t = useFormTexts()
  const { collection = "", display = "id" } = field
  const of: OptionsOf = { collection, display }
  const current = typeof value === "string" ? value : undefined
  const title = useRecordTitle(collection || undefined, current)
  const { data: target } = useModelIfAny(collection || undefined)
  const [words, setWords] = useState<string>()
  const [naming, setNaming] = useState<string>()
  const [before, setBefore] = useState<unknown>(undefined)

  const shown =
    text ?? (current === undefined ? "" : title === undefined ? "" : "title" in title ? title.title : current.slice(-8))

  const leave = (): void => {
    onLeave?.()
    if (words === undefined) return
    setWords(undefined)
    const typed = words.trim()
    if (typed === "") {
      onValue(emptied(field), "settled")
      return
    }
    if (typed === shown && text === undefined) return
    onText(typed, undefined)
    const work = optionOfText(of, typed).then(
      (found) => {
        if (typeof found === "object") onValue(found.id, "settled")
        else if (found === "none") onText(typed, { code: "reference.missing", detail: t.noSuch })
        else onText(typed, { code: "reference.ambiguous", detail: t.ambiguous })
      },
      () => onText(typed, { code: "suggestion.unavailable", detail: t.away }),
    )
    onWork?.(work)
  }
  const className = [classes.input, isCell ? classes.cell : classes.hasTwo, isProvisional && classes.provisional]
  const quickCreate = useContext(QuickCreateContext)
  const mayCreate = quickCreate !== undefined && target?.rights.create === true
  return (
    <div className={classes.with}>
      <RecordCombobox
        of={of}
        words={words}
        shown={shown}
        onWords={setWords}
        onChoose={(option) => {
          setWords(undefined)
          onValue(option.id, "settled")
        }}
        onCreate={mayCreate ? (name) => setNaming(name) : undefined}
        input={{
          id,
          className: className.filter(Boolean).join(" "),
          ...ariaOf(props),
          autoFocus: focuses,
          placeholder: isCell ? undefined : t.choose,
          onFocus: ({ target: element }) => {
            setBefore(isNamed ? value : undefined)
            element.select()
          },
          onBlur: leave,
          onKeyDown: (event) => {
            if (event.key === "Escape" && (words !== undefined || text !== undefined)) {
              event.preventDefault()
              event.stopPropagation()
              setWords(undefined)
              onValue(before, "settled")
            }
          },
        }}
      />
      {!isCell && current !== undefined && (
        <span className={classes.after}>
          {field.optional && (
            <button
              type="button"
              className="icon-button"
              tabIndex={-1}
              aria-label={t.clear}
              onClick={() => onValue(null, "settled")}
            >
              <IconX size={14} aria-hidden />
            </button>
          )}
          <a
            className="icon-button"
            href={recordAddress(collection, current)}
            target="_blank"
            rel="noopener"
            tabIndex={-1}
            aria-label={t.openInTab}
          >
            <IconExternalLink size={14} aria-hidden />
          </a>
        </span>
      )}
      {naming !== undefined &&
        target &&
        quickCreate?.({
          model: target,
          name: naming,
          onMade: (made) => {
            setNaming(undefined)
            setWords(undefined)
            onValue(made, "settled")
          },
          onClose: () => setNaming(undefined),
        })}
    </div>
  )
}

/** Links to several records: what is linked, each with a way to take it away, and a text to add more. */
export function LinksInput(props: InputProps) {
  const { field, id, value, focuses, onValue, onLeave } = props
  const { collection = "", display = "id" } = field
  const [words, setWords] = useState<string>()
  const ids = (value ?? []) as readonly string[]
  return (
    <div className={classes.framed}>
      {ids.map((each) => (
        <Tag
          key={each}
          collection={collection}
          id={each}
          onRemove={() =>
            onValue(
              ids.filter((other) => other !== each),
              "settled",
            )
          }
        />
      ))}
      <RecordCombobox
        of={{ collection, display }}
        words={words}
        shown=""
        except={new Set(ids)}
        onWords={setWords}
        onChoose={(option) => {
          setWords(undefined)
          onValue([...ids, option.id], "settled")
        }}
        input={{
          id,
          className: classes.input,
          ...ariaOf(props),
          autoFocus: focuses,
          onBlur: () => {
            setWords(undefined)
            onLeave?.()
          },
          onKeyDown: (event) => {
            if (event.key === "Backspace" && !words && ids.length > 0) onValue(ids.slice(0, -1), "settled")
          },
        }}
      />
    </div>
  )
}

function Tag({
  collection,
  id,
  onRemove,
}: {
  readonly collection: string
  readonly id: string
  readonly onRemove: () => void
}) {
  const t = useFormTexts()
  const title = useRecordTitle(collection, id)
  const name = title && "title" in title ? title.title : id.slice(-8)
  return (
    <span className={classes.tag}>
      {name}
      <button type="button" className="icon-button" aria-label={`${t.remove} ${name}`} onClick={onRemove}>
        <IconX size={12} aria-hidden />
      </button>
    </span>
  )
}
