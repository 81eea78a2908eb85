import { Combobox, useCombobox } from "@mantine/core"
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { type KeyboardEvent, useEffect, useRef, useState } from "react"
import { query } from "../api/records.ts"
import { noteTitle, resolveTitle } from "../api/titles.ts"
import { useModelIfAny } from "../metadata/use-metadata.ts"
import { useListTexts } from "./text.ts"
import classes from "./cell-editor.module.css"

export interface Picked {
  readonly id: string
  readonly title: string
}

/** So many records are offered; who wants another one types more of it. */
const OFFERED = 12
const PAUSE_MS = 150

function useOffered(collection: string, display: string | undefined, words: string) {
  const [settled, setSettled] = useState(words)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(words), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [words])
  const { data: model } = useModelIfAny(collection)
  const name = display ?? model?.display
  return useQuery<readonly Picked[]>({
    queryKey: ["pick", collection, name, settled],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const search = settled.trim()
      const { data } = await query(
        collection,
        {
          select: [name ?? "id"],
          limit: OFFERED,
          ...(search === "" ? {} : { search }),
          ...(name !== undefined && search === "" ? { orderBy: [name] } : {}),
        },
        { signal },
      )
      return Promise.all(
        data.map(async (record) => {
          const own = name === undefined ? undefined : record[name]
          if (own !== undefined && own !== null) {
            noteTitle(collection, record.id, String(own))
            return { id: record.id, title: String(own) }
          }
          const found = await resolveTitle(collection, record.id)
          return { id: record.id, title: "title" in found ? found.title : record.id.slice(-8) }
        }),
      )
    },
  })
}

/** Chooses a record of a collection by typing some of it. */
export function RecordPicker({
  collection,
  display,
  label,
  value,
  isOptional = false,
  isFocused = false,
  pick,
  cancel,
}: {
  readonly collection: string
  readonly display?: string | undefined
  readonly label: string
  readonly value?: { readonly id: string; readonly title: string | undefined } | undefined
  readonly isOptional?: boolean
  readonly isFocused?: boolean
  readonly pick: (picked: Picked | undefined) => void
  readonly cancel?: () => void
}) {
  const t = useListTexts()
  const [words, setWords] = useState("")
  const input = useRef<HTMLInputElement>(null)
  const { data: offered = [], isFetching } = useOffered(collection, display, words)
  const combobox = useCombobox({ defaultOpened: isFocused, onDropdownOpen: () => combobox.selectFirstOption() })
  useEffect(() => {
    if (isFocused) input.current?.focus()
  }, [isFocused])
  useEffect(() => {
    if (offered.length > 0) combobox.selectFirstOption()
    // The kit's store is another object at each render.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [offered])
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "Escape" || event.key === "Tab") {
      cancel?.()
      if (event.key === "Escape") event.stopPropagation()
      return
    }
    if (
      event.key === "Enter" &&
      words.trim() === "" &&
      isOptional &&
      value !== undefined &&
      input.current?.value === ""
    )
      return
    event.stopPropagation()
  }
  const submit = (id: string): void => {
    pick(id === "" ? undefined : offered.find((each) => each.id === id))
    setWords("")
    combobox.closeDropdown()
  }
  return (
    <Combobox store={combobox} onOptionSubmit={submit} position="bottom-start" width="target" shadow="md">
      <Combobox.Target>
        <input
          ref={input}
          className={classes["input"]}
          aria-label={label}
          autoComplete="off"
          placeholder={value?.title ?? t.pick}
          value={words}
          onKeyDown={onKey}
          onChange={(event) => {
            setWords(event.currentTarget.value)
            combobox.openDropdown()
          }}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => {
            combobox.closeDropdown()
            cancel?.()
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown miw={220} data-editor>
        <Combobox.Options className={classes["options"]} aria-label={label}>
          {isOptional && value !== undefined && words === "" && <Combobox.Option value="">{t.none}</Combobox.Option>}
          {offered.map(({ id, title }) => (
            <Combobox.Option key={id} value={id} active={id === value?.id}>
              {title}
            </Combobox.Option>
          ))}
          {offered.length === 0 && !isFetching && <Combobox.Empty>{t.noMatch}</Combobox.Empty>}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}
